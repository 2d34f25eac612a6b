// How often the page asks: rarely where it is in vain, and never in the way of another tab.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, openBrowser, Visit } from "./visit.mjs";

const isStream = ({ path }) => path.endsWith("/events");
const isRenewal = ({ path }) => path.endsWith("/renew");
/** At least so long after a third failure; timers are never early, but for a rounding. */
const THIRD_PAUSE = 1_990;

before(openBrowser);
after(closeBrowser);

test("who is refused is told when to press again", async () => {
  const visit = await Visit.begin();
  const problem = { status: 429, title: "Too many", detail: "Later." };
  const allow = await visit.refuse("**/v1/verifications", { ...problem, type: "/problems/rate-limited" }, { "retry-after": "20" });

  await visit.press("#start [type=submit]");
  await visit.see('#notice:text-is("Too many requests. Try again after 20 seconds.")');
  await allow();
  await visit.refuse("**/v1/verifications", { ...problem, type: "/problems/attempts-exhausted" }, { "retry-after": "7200" });
  await visit.press("#start [type=submit]");
  await visit.see('#notice:has-text("All attempts")');
  const english = await visit.text("#notice");
  await visit.press("[data-language=id]");
  await visit.press("#start [type=submit]");
  await visit.see('#notice:has-text("Semua percobaan")');

  assert.match(english, /Try again after \d\d:\d\d on \w+day\.$/);
  assert.match(await visit.text("#notice"), /Coba lagi setelah [A-Z]\w+ pukul \d\d\.\d\d\.$/);
  await visit.end();
});

test("a code that cannot be renewed is taken away, and asked for less and less often", async () => {
  const visit = await Visit.begin();
  await visit.start("web");
  await visit.see("#link[data-link=stream]");
  await visit.press("[data-do=qr]");
  await visit.see("#qr-code svg");
  const allow = await visit.refuse("**/renew", { type: "/problems/overloaded", status: 503, title: "Busy", detail: "Later." });

  await visit.page.evaluate(() => {
    const { now } = Date;
    Date.now = () => now() + 365 * 86_400_000;
  });
  await visit.see("#qr-code p");
  const gaps = await visit.gaps(4, isRenewal);
  const watched = visit.calls.filter(isStream).length;
  const keys = new Set(visit.calls.filter(isRenewal).map(({ headers }) => headers["idempotency-key"]));
  await visit.page.evaluate(() => { Date.now = () => new Date().getTime(); });
  await allow();

  assert(gaps[2] >= THIRD_PAUSE, `renewed again after ${gaps.map(Math.round)} ms`);
  assert.equal(keys.size, 1);
  assert.equal(watched, 1, "the stream was started anew");
  await visit.end();
});

test("a code is renewed while it is shown", async () => {
  const visit = await Visit.begin();
  await visit.page.route("**/v1/verifications", async (route) => {
    const response = await route.fetch();
    const started = await response.json();
    await route.fulfill({ response, json: { ...started, tokenExpiresAt: new Date(Date.now() + 4_000).toISOString() } });
  });
  await visit.start("web");
  await visit.press("[data-do=qr]");
  await visit.see("#qr-code svg");

  await visit.gaps(1, isRenewal);
  await visit.see("#qr-code svg");

  assert.deepEqual(visit.calls.filter(isRenewal).length, 1);
  await visit.end();
});

test("asking for webhooks holds no connection that another tab could use", async () => {
  const visit = await Visit.begin();
  const isWebhooks = (response) => response.url().includes("/demo/webhooks");

  await visit.start();
  for (let answers = 0; answers < 3; answers += 1) await visit.page.waitForResponse(isWebhooks, { timeout: 5_000 });

  await visit.end();
});

test("asking for webhooks rests where it is refused", async () => {
  const visit = await Visit.begin();
  const asked = [];
  await visit.page.route("**/demo/webhooks?*", async (route) => {
    asked.push(performance.now());
    await route.fulfill({ status: 502 });
  });

  await visit.start();
  while (asked.length < 3) await visit.page.waitForEvent("request");

  assert(asked[2] - asked[1] >= THIRD_PAUSE, `asked again after ${Math.round(asked[2] - asked[1])} ms`);
  await visit.end();
});
