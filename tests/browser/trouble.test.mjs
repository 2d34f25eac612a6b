// What goes wrong on the way, and how the page gets over it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, openBrowser, Visit } from "./visit.mjs";

const isStream = ({ path }) => path.endsWith("/events");
const isStart = ({ method, path }) => method === "POST" && path === "/v1/verifications";

before(openBrowser);
after(closeBrowser);

test("an expired token is renewed and the call made once more", async () => {
  const visit = await Visit.begin();
  await visit.start();
  await visit.see("#link[data-link=stream]");
  const before = visit.calls.length;

  await visit.press("[data-do=expire]");
  await visit.see('#log li[data-state=left] ~ li[data-state=told]:has-text("/events")');
  const calls = visit.calls.slice(before).map(({ method, path, status }) => `${method} ${path.split("/").at(-1)} ${status ?? 200}`);
  await visit.capture();
  await visit.see("#verdict[data-tone=good]");

  assert.deepEqual(calls, ["POST session 200", "GET events 401", "POST session 200", "GET events 200"]);
  await visit.end();
});

test("a credential that has expired is renewed when it is needed", async () => {
  const visit = await Visit.begin();
  await visit.page.route("**/v1/verifications", async (route) => {
    const response = await route.fetch();
    const started = await response.json();
    await route.fulfill({ response, json: { ...started, tokenExpiresAt: "2020-01-01T00:00:00Z" } });
  });

  await visit.start();
  await visit.capture();
  await visit.see("#verdict[data-tone=good]");

  assert.deepEqual(visit.asked("POST", "/renew").map(({ status }) => status), [200]);
  await visit.end();
});

test("a network that is cut and comes back loses no verdict", async () => {
  const visit = await Visit.throughNetwork();
  await visit.start();
  await visit.see("#link[data-link=stream]");

  visit.network.cut();
  await visit.see("#link[data-link=off]");
  await visit.see('#notice:has-text("cannot be reached")');
  // Both ways have failed, more than once.
  await visit.see("#log li[data-state=lost] >> nth=4");
  await visit.captureElsewhere();
  await visit.verdictAtGateway();
  visit.network.restore();
  await visit.see("#verdict[data-tone=good]");

  assert.equal(await visit.text("#notice"), "");
  await visit.end();
});

test("a browser that is online again asks at once", async () => {
  const visit = await Visit.begin();
  await visit.page.clock.install();
  await visit.page.reload();
  await visit.start();
  await visit.see("#link[data-link=stream]");
  // From here on no pause of the page's ends by itself.
  await visit.page.clock.pauseAt(Date.now() + 60_000);

  await visit.context.setOffline(true);
  await visit.press("[data-language=id]");
  await visit.see("#link[data-link=off]");
  await visit.captureElsewhere();
  await visit.context.setOffline(false);
  await visit.see("#verdict[data-tone=good]");

  await visit.end();
});

test("a stream that is broken off goes on behind its last event", async () => {
  const visit = await Visit.throughNetwork();
  await visit.start();
  await visit.see("#link[data-link=stream]");

  visit.network.breakOff(isStream);
  await visit.see('#log li[data-state=lost] .path:text-matches("/events$")');
  await visit.see('#log li[data-state=told] .path:text-matches("/events$")');
  await visit.captureElsewhere();
  await visit.see("#verdict[data-tone=good]");

  const [first, second, ...more] = visit.asked("GET", "/events");
  assert.equal(first.headers["last-event-id"], undefined);
  assert.match(second.headers["last-event-id"], /^\d+$/);
  assert.deepEqual(more, []);
  await visit.end();
});

test("a stream that ends at once, again and again, is opened more and more rarely", async () => {
  const visit = await Visit.throughNetwork();
  const leave = visit.network.shorten(isStream);

  await visit.start();
  const gaps = await visit.gaps(3, isStream);
  leave();
  await visit.captureElsewhere();
  await visit.see("#verdict[data-tone=good]");

  const least = [500, 1000];
  assert.deepEqual(gaps.filter((gap, place) => gap < least[place] - 50), [], `${gaps}`);
  assert.equal(visit.asked("GET", "?wait=25").length, 0, "what ends in good order can be had");
  await visit.end();
});

test("where no stream can be had, long polls bring the verdict", async () => {
  const visit = await Visit.throughNetwork();
  visit.network.refuse(isStream);

  await visit.start();
  await visit.see("#link[data-link=poll]");
  await visit.see('#log li[data-state=open] .path:text-matches("wait=25$")');
  await visit.captureElsewhere();
  await visit.see("#verdict[data-tone=good]");

  assert.equal(visit.asked("GET", "/events").some(({ status }) => status === 200), false);
  assert.equal(visit.asked("GET", "?wait=25").every(({ headers }) => headers["if-none-match"]), true);
  await visit.end();
});

test("a double click starts one verification", async () => {
  const visit = await Visit.begin();

  await visit.page.dblclick("#start [type=submit]");
  await visit.see("[data-screen=capture]");
  await visit.see("#link[data-link=stream]");

  assert.equal(visit.calls.filter(isStart).length, 1);
  assert.equal((await visit.verifications()).items.length, 1);
  assert.equal((await visit.pane()).filter((line) => line.startsWith("POST /v1/verifications ")).length, 1);
  await visit.end();
});

test("a start whose answer was lost is repeated under its key", async () => {
  const visit = await Visit.throughNetwork();
  visit.network.loseAnswer(isStart);

  await visit.press("#start [type=submit]");
  await visit.see('#notice:has-text("There was no answer")');
  await visit.press("#start [type=submit]");
  await visit.see("[data-screen=capture]");

  const [first, second, ...more] = visit.calls.filter(isStart);
  assert.equal(second.headers["idempotency-key"], first.headers["idempotency-key"]);
  assert.equal(second.status, 201, "the first answer comes again");
  assert.deepEqual(more, []);
  assert.equal((await visit.verifications()).items.length, 1);
  await visit.end();
});
