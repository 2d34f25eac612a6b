"""A verification from start to verdict with the generated Python client, against `gerbang demo`."""

import os
from uuid import uuid4

from gerbang_client import AuthenticatedClient
from gerbang_client.api.verifications import get_verification, report_capture, start_verification
from gerbang_client.models import (
    CaptureOutcome,
    CaptureReport,
    Channel,
    NextAction,
    Problem,
    StartedVerification,
    StartVerification,
    Status,
    Verification,
)

import demo


def main():
    session = demo.sign_in("6281200000001")
    client = AuthenticatedClient(base_url=os.environ["GERBANG_URL"], token=session["accessToken"], timeout=40)

    started = start_verification.sync(
        client=client, body=StartVerification(channel=Channel.SDK), idempotency_key=str(uuid4())
    )
    assert isinstance(started, StartedVerification), started
    assert started.next_action == NextAction.OPEN_SDK and started.sdk_token

    # In an app: hand `started.sdk_token` and `started.sdk` to the provider's SDK, and wait for it to return.
    demo.capture(session["userId"])
    report_capture.sync(started.id, client=client, body=CaptureReport(outcome=CaptureOutcome.COMPLETED))

    verdict = wait_for_verdict(client, started.id)
    assert verdict.status == Status.APPROVED, verdict

    # What goes wrong is a value with a type, not an exception.
    problem = get_verification.sync("ver_01m8398debe9h88802w8wvqcq2", client=client)
    assert isinstance(problem, Problem) and problem.type_ == "/problems/not-found", problem
    refused = start_verification.sync(
        client=AuthenticatedClient(base_url=os.environ["GERBANG_URL"], token="no-token"),
        body=StartVerification(channel=Channel.SDK),
    )
    assert isinstance(refused, Problem) and refused.status == 401, refused

    # A later gateway may say what this client has never heard of.
    later = {**verdict.to_dict(), "status": "on_the_moon", "nextAction": "dance"}
    unknown = Verification.from_dict(later)
    assert unknown.status not in list(Status) and unknown.status.value == "on_the_moon"
    assert unknown.to_dict() == later
    print(f"python: {verdict.status}, {problem.type_}")


def wait_for_verdict(client, verification):
    """Asks again as long as there is something to wait for; each question lasts until something changes."""
    etag = None
    while True:
        answer = get_verification.sync_detailed(
            verification, client=client, wait=25, **({"if_none_match": etag} if etag else {})
        )
        if answer.status_code == 304:
            continue
        assert isinstance(answer.parsed, Verification), answer.parsed
        if answer.parsed.next_action != NextAction.WAIT:
            return answer.parsed
        etag = answer.headers["ETag"]


if __name__ == "__main__":
    main()
