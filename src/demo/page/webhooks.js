// What the partner's back end is told meanwhile: the demo's receiver shows it, and the record takes it up.

import { note } from "./wire.js";

/** Long enough after the verdict for its webhook to arrive. */
const AFTERWARDS = 5_000;

let following;

/** Follows the webhooks about one verification, until `isOver()` has been true for a while. */
export async function followWebhooks(id, isOver) {
  if (following?.id === id && !following.signal.aborted) return;
  following?.stop();
  const ended = new AbortController();
  following = { id, signal: ended.signal, stop: () => ended.abort() };
  let after = 0;
  let over;
  while (!ended.signal.aborted && (over === undefined || Date.now() - over < AFTERWARDS)) {
    const wait = over === undefined && !isOver() ? 20 : 2;
    const items = await news(id, after, wait, ended.signal);
    for (const item of items) take(item);
    after = items.at(-1)?.number ?? after;
    if (isOver()) over ??= Date.now();
  }
  ended.abort();
}

export function leaveWebhooks() {
  following?.stop();
}

async function news(id, after, wait, signal) {
  try {
    const query = new URLSearchParams({ verification: id, after, wait });
    const response = await fetch(`/demo/webhooks?${query}`, { signal, cache: "no-store" });
    return response.ok ? (await response.json()).items : [];
  } catch {
    // The demo was stopped, or the page is about to go. Whoever follows the verification says so.
    await new Promise((resolve) => { setTimeout(resolve, 2000); });
    return [];
  }
}

function take({ at, headers, body }) {
  const id = headers.find(([name]) => name === "webhook-id")?.[1];
  note({ id, label: "callWebhook", at: Date.parse(at), method: "POST", path: "/demo/webhooks", headers, body, status: 204 });
}
