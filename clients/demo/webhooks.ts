// What the partner's back end is told meanwhile: the demo's receiver shows it, and the record takes it up.

import { pause } from "./pause.js";
import { note } from "./record.js";

interface Received {
  number: number;
  at: string;
  headers: [string, string][];
  body: unknown;
}

/** Long enough after the verdict for its webhook to arrive. */
const AFTERWARDS = 5_000;
/** It is asked again and again instead of waiting for an answer: a browser has six connections for all tabs of this page. */
const BETWEEN = 1_000;
const AFTER_FAILURE = 2_000;

let following: { id: string; ended: AbortController } | undefined;

/** Follows the webhooks about one verification, until `isOver()` has been true for a while. */
export async function followWebhooks(id: string, isOver: () => boolean): Promise<void> {
  if (following?.id === id && !following.ended.signal.aborted) return;
  leaveWebhooks();
  const ended = new AbortController();
  following = { id, ended };
  let after = 0;
  let over: number | undefined;
  while (!ended.signal.aborted && (over === undefined || Date.now() - over < AFTERWARDS)) {
    const items = await news(id, after, ended.signal);
    for (const item of items ?? []) take(item);
    after = items?.at(-1)?.number ?? after;
    if (isOver()) over ??= Date.now();
    await pause(items ? BETWEEN : AFTER_FAILURE, ended.signal);
  }
  ended.abort();
}

export function leaveWebhooks(): void {
  following?.ended.abort();
}

/** What is new behind the one of number `after`. Nothing if there was no good answer. */
async function news(verification: string, after: number, signal: AbortSignal): Promise<Received[] | undefined> {
  try {
    const query = new URLSearchParams({ verification, after: String(after) });
    const response = await fetch(`/demo/webhooks?${query}`, { signal, cache: "no-store" });
    return response.ok ? (await response.json()).items : undefined;
  } catch {
    // The demo was stopped, or the page is about to go. Whoever follows the verification says so.
    return undefined;
  }
}

function take({ at, headers, body }: Received): void {
  const id = headers.find(([name]) => name === "webhook-id")?.[1] ?? crypto.randomUUID();
  note(id, "callWebhook", Date.parse(at), { method: "POST", path: "/demo/webhooks", headers, body }, 204);
}
