// What a team writes by hand in an afternoon: fastify in front, undici behind, the partner token cached.
// It verifies nothing, remembers nothing and logs nothing.

import Fastify from "fastify";
import { Pool } from "undici";

const [upstream, port] = process.argv.slice(2);
const pool = new Pool(upstream, { connections: 256, pipelining: 1 });
const app = Fastify({ logger: false });

/** @type {Promise<{ token: string, until: number }> | undefined} */
let partner;

async function call(path, headers, body) {
  const answer = await pool.request({ method: "POST", path, headers, body: body && JSON.stringify(body) });
  const parsed = await answer.body.json();
  if (answer.statusCode !== 200) throw new Error(`the provider answered ${answer.statusCode}`);
  return parsed.data;
}

async function authenticate() {
  const headers = { accept: "application/json", "client-id": "bench", "pass-key": "bench-pass-key" };
  const data = await call("/v1/esign/partner/authentication", headers);
  return { token: data.token, until: Number(data.expires_at) * 1000 };
}

async function partnerToken() {
  partner ??= authenticate();
  let held = await partner;
  if (held.until <= Date.now()) {
    partner = authenticate();
    held = await partner;
  }
  return held.token;
}

app.post(
  "/v1/verifications",
  {
    schema: {
      body: { type: "object", required: ["channel"], properties: { channel: { enum: ["sdk", "web"] } } },
      response: {
        201: {
          type: "object",
          properties: { channel: { type: "string" }, sdkToken: { type: "string" }, expiresAt: { type: "string" } },
        },
      },
    },
  },
  async (request, reply) => {
    const data = await call(
      "/esign-partner/v1/initiate-flow",
      {
        accept: "application/json",
        "content-type": "application/json",
        "x-onekyc-token": await partnerToken(),
        "x-partner-user-id": "bench-user",
        "x-partner-user-id-type": "BENCH",
        "x-partner-session-id": crypto.randomUUID(),
        "x-esign-onboarding-partner": "BENCH-SDK",
      },
      {
        flow: "STANDALONE_IDENTITY_VERIFICATION",
        source: request.body.channel === "sdk" ? "SDK" : "WEB_SDK",
        additionalDetails: {
          phoneNumber: "+6281200000000",
          dataVerification: { phoneNumber: { isVerified: true, verificationReferenceId: "bench-reference" } },
          userLocale: "ID",
        },
      },
    );
    reply.code(201);
    return {
      channel: request.body.channel,
      sdkToken: data.token,
      expiresAt: new Date(Number(data.expiresAt) * 1000).toISOString(),
    };
  },
);

await app.listen({ host: "127.0.0.1", port: Number(port) });
