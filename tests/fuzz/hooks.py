"""What schemathesis cannot know of itself: rules that stand in words, and what to do between calls.

Invariant: only requests that are meant to be good are changed here. What is meant to be refused goes out as it was made.
"""

import hashlib
import json
import os
import re
import urllib.error
import urllib.request

import schemathesis

PHONE, EMAIL = "+6281200000001", "demo+01@partner.example"
LANDING = {"success": "https://app.partner.example/kyc/done", "failure": "https://app.partner.example/kyc/failed"}
STARTS = {"startVerification", "startBackendVerification"}
started = 0
PAGED = {"listVerifications", "listWebhookDeliveries", "searchBackendVerifications", "listAuditEntries"}
cursors, callbacks = set(), []


@schemathesis.deserializer("text/event-stream")
def as_text(context, response):
    """To a client it is a text; that events are well formed is seen in tests/it/events."""
    return response.text


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes what is good in form good in meaning, too."""
    if isinstance(case.query, dict) and str(case.query.get("wait", "")).isdecimal():
        # A long poll is as good when it is short; what is out of bounds stays out of bounds.
        if 1 < int(case.query["wait"]) <= 30:
            case.query["wait"] = 1
    if case.meta is not None and not case.meta.generation.mode.is_positive:
        return
    if name(case) in PAGED and from_nowhere(case):
        # A cursor is what the page before said, and nothing else.
        case.query.pop("cursor", None)
    if name(case) in {"getKeptCallback", "replayKeptCallback"} and callbacks:
        case.path_parameters["callbackId"] = callbacks[-1]
    if name(case) == "returnToApp":
        case.path_parameters["ref"] = next(iter(landing()), case.path_parameters["ref"])
    if isinstance(case.body, dict):
        adjust(case.body)
    if case.headers and "Idempotency-Key" in case.headers:
        # The same key for the same request and for no other one.
        sent = json.dumps([case.path, str(case.path_parameters), case.body], default=str)
        case.headers["Idempotency-Key"] = hashlib.sha256(sent.encode()).hexdigest()


@schemathesis.hook
def after_call(context, case, response):
    """Notes what was answered and what can be asked with it, and plays the user who captures after every other start."""
    global started
    with open(os.environ["FUZZ_STATUSES"], "a") as statuses:
        print(name(case), case.method, response.status_code, file=statuses)
    if name(case) in PAGED and response.status_code == 200:
        cursors.add(response.json().get("nextCursor"))
    if name(case) == "listKeptCallbacks" and response.status_code == 200:
        callbacks.extend(line.split()[0] for line in response.text.splitlines())
    if name(case) in STARTS and response.status_code in {200, 201}:
        started += 1
        if started % 2 == 0:
            capture_newest()


def name(case):
    return case.operation.definition.raw["operationId"]


def from_nowhere(case):
    """Whether the cursor was made up rather than taken from an answer."""
    return isinstance(case.query, dict) and "cursor" in case.query and case.query["cursor"] not in cursors


def landing():
    """A way back that the gateway made and told the provider alone."""
    told = urllib.request.urlopen(f"{os.environ['FUZZ_SANDBOX']}/sandbox/requests", timeout=10).read().decode()
    return re.findall(r"/return/([0-9a-f]{64})/", told)[-1:]


def adjust(body):
    """The rules that the contract says in words: what the operator allows, and what a number looks like."""
    if "redirectUrls" in body:
        body["redirectUrls"] = dict(LANDING)
    # Only an operator with an OTP service takes these; seen in tests/it/contacts.
    body.pop("contactProof", None)
    for text in ("reference", "consentReference"):
        if text in body:
            body[text] = "".join(letter for letter in body[text] if " " <= letter <= "~") or "a"
    contact = body.get("contact")
    if isinstance(contact, dict):
        contact["value"] = PHONE if contact["type"] == "phone" else EMAIL
        if "verifiedAt" in contact:
            contact["verifiedAt"] = "2026-11-23T04:04:12Z"
        # No phone number, no identity number, no way to somewhere else.
        body["userId"] = "u" + body["userId"][:127]


def capture_newest():
    base = os.environ["FUZZ_SANDBOX"]
    sessions = json.load(urllib.request.urlopen(f"{base}/sandbox/sessions", timeout=10))
    if isinstance(sessions, dict):
        sessions = sessions.get("sessions", [])
    if sessions:
        post(f"{base}/sandbox/sessions/{sessions[-1]['sessionId']}/capture")


def post(url):
    request = urllib.request.Request(url, b"{}", {"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=10).close()
    except urllib.error.HTTPError:
        pass  # It was captured before.
