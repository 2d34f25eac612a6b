// The gateway's client, generated from openapi.yaml, and the user's session at the partner's own sign-in.

import createClient from "openapi-fetch";
import { recorded } from "./record.js";
import type { components, paths } from "./schema.js";
import { language, type Word } from "./texts.js";

export type Problem = components["schemas"]["Problem"];

interface Session {
  accessToken: string;
  contact: string;
}

/** The page's server passes `/v1/…` through, so that both share one origin. An app names the gateway here. */
export const gateway = createClient<paths>({ baseUrl: location.origin, cache: "no-store", redirect: "error" });

let session: Session | undefined;

/** The session of whoever has this contact; none, if it is no contact. */
async function signedIn(user: string): Promise<Session | undefined> {
  if (session?.contact !== user) session = undefined;
  session ??= await signIn({ contact: user });
  return session;
}

/** The partner's own sign-in, which is none of the gateway's business. */
async function signIn(body: { contact: string; expired?: boolean }): Promise<Session | undefined> {
  return post<Session>("callSession", "/demo/session", body);
}

/** Puts a token that has expired in the place of the good one: what happens overnight, at once. */
export async function letTokenExpire(user: string): Promise<void> {
  session = await signIn({ contact: user, expired: true });
}

/**
 * A call in `user`'s name, made by `send` with the headers it is given. When the token is not good any more, it is
 * renewed and the call repeated, once. Nothing if there is no such user.
 */
export async function asUser<A extends { response: Response }>(
  user: string,
  send: (headers: Record<string, string>) => Promise<A>,
): Promise<A | undefined> {
  for (let isSecondTry = false; ; isSecondTry = true) {
    const mine = await signedIn(user);
    if (mine === undefined) return undefined;
    const answer = await send({ Authorization: `Bearer ${mine.accessToken}`, "Accept-Language": language() });
    if (answer.response.status !== 401) return answer;
    // Another call may have renewed it meanwhile.
    if (session?.accessToken === mine.accessToken) session = undefined;
    if (isSecondTry) return answer;
  }
}

/** Reads the verification as the partner's server does. A real front end never holds a service token. */
export async function askAsBackEnd(verificationId: string): Promise<void> {
  const service = await post<{ serviceToken: string }>("callServiceToken", "/demo/service-session");
  if (service === undefined) return;
  await gateway.GET("/v1/backend/verifications/{verificationId}", {
    params: { path: { verificationId } },
    headers: { Authorization: `Bearer ${service.serviceToken}` },
    fetch: recorded("callBackend"),
  });
}

/** Asks the partner's own server, which is not in the gateway's contract. */
async function post<T>(label: Word, path: string, body?: object): Promise<T | undefined> {
  const init: RequestInit = { method: "POST", cache: "no-store", redirect: "error" };
  if (body) Object.assign(init, { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  const response = await recorded(label)(new Request(new URL(path, location.origin), init));
  return response.ok ? response.json() : undefined;
}
