// A verification from start to verdict with the generated TypeScript client, against `gerbang demo`.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Verification = components["schemas"]["Verification"];
type Problem = components["schemas"]["Problem"];

const { GERBANG_URL = "", DEMO_URL = "", SANDBOX_URL = "" } = process.env;

async function main(): Promise<void> {
  const session = await signIn("6281200000001");
  const gateway = createClient<paths>({
    baseUrl: GERBANG_URL,
    headers: { Authorization: `Bearer ${session.accessToken}` },
  });

  const start = await gateway.POST("/v1/verifications", {
    params: { header: { "Idempotency-Key": randomUUID() } },
    body: { channel: "sdk" },
  });
  const started = start.data;
  assert(started, explain(start.error));
  assert.equal(started.nextAction, "open_sdk");
  assert(started.sdkToken);

  // In an app: hand `sdkToken` and `sdk` to the provider's SDK, or open `launchUrl`, and wait for it to return.
  await capture(session.userId);
  const verificationId = started.id;
  await gateway.POST("/v1/verifications/{verificationId}/capture", {
    params: { path: { verificationId } },
    body: { outcome: "completed" },
  });

  const verdict = await waitForVerdict(gateway, verificationId);
  assert.equal(verdict.status, "approved");

  // What goes wrong is a value with a type, not an exception.
  const nobodys = await gateway.GET("/v1/verifications/{verificationId}", {
    params: { path: { verificationId: "ver_01m8398debe9h88802w8wvqcq2" } },
  });
  assert.equal(nobodys.error?.type, "/problems/not-found");
  const refused = await createClient<paths>({ baseUrl: GERBANG_URL }).GET("/v1/verifications");
  assert.equal(refused.error?.status, 401);
  console.log(`typescript: ${verdict.status}, ${nobodys.error?.type}`);
}

/** Asks again as long as there is something to wait for; each question lasts until something changes. */
async function waitForVerdict(gateway: Client<paths>, verificationId: string): Promise<Verification> {
  let etag: string | undefined;
  for (;;) {
    const { data, error, response } = await gateway.GET("/v1/verifications/{verificationId}", {
      params: {
        path: { verificationId },
        query: { wait: 25 },
        header: etag === undefined ? {} : { "If-None-Match": etag },
      },
    });
    if (response.status === 304) continue;
    if (data === undefined) throw new Error(explain(error));
    if (show(data) !== "wait") return data;
    etag = response.headers.get("etag") ?? undefined;
  }
}

/** The screen for a verification; a value that came later than this code is one to wait at. */
function show(verification: Verification): "capture" | "wait" | "retry" | "support" | "done" {
  switch (verification.nextAction) {
    case "open_sdk":
    case "open_web":
      return "capture";
    case "retry":
      return "retry";
    case "contact_support":
      return "support";
    case "none":
      return "done";
    default:
      return "wait";
  }
}

function explain(problem: Problem | undefined): string {
  return problem === undefined ? "no answer" : `${problem.type} (${problem.instance}): ${problem.detail}`;
}

// In place of your sign-in.
async function signIn(contact: string): Promise<{ accessToken: string; userId: string }> {
  return (await post(`${DEMO_URL}/demo/session`, { contact })).json();
}

// In place of a person in front of a camera.
async function capture(userId: string): Promise<void> {
  const answer = await fetch(`${SANDBOX_URL}/sandbox/sessions`);
  const sessions: { sessionId: string; userId: string }[] = await answer.json();
  const newest = sessions.filter((session) => session.userId === userId).at(-1);
  await post(`${SANDBOX_URL}/sandbox/sessions/${newest?.sessionId}/capture`, {});
}

async function post(url: string, body: object): Promise<Response> {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  assert(answer.ok, `${url}: ${answer.status}`);
  return answer;
}

await main();
