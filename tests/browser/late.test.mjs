// Answers that come late, and what was meant for somebody else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, openBrowser, Visit } from "./visit.mjs";

const STARTS = "**/v1/verifications";
const isStart = ({ method, path }) => method === "POST" && path === "/v1/verifications";
const isRenewal = ({ path }) => path.endsWith("/renew");

before(openBrowser);
after(closeBrowser);

test("a verification that ended while the tab slept shows its verdict and starts no other", async () => {
  const visit = await Visit.begin({ digits: "14" });
  await visit.start();
  await visit.see("#link[data-link=stream]");

  await visit.page.goto("about:blank");
  await visit.captureElsewhere();
  await visit.verdictAtGateway();
  await visit.page.goBack();
  await visit.see("#verdict[data-tone=bad]");

  assert.equal(visit.calls.filter(isStart).length, 1);
  assert.equal((await visit.verifications()).items.length, 1);
  await visit.end();
});

test("a start that is answered after the way back pulls nobody into it", async () => {
  const visit = await Visit.begin({ digits: "14" });
  await visit.start();
  await visit.captureElsewhere();
  await visit.see("#verdict[data-tone=bad]");
  const { asked, release } = await visit.hold(STARTS);

  await visit.press("[data-do=next]");
  await asked;
  await visit.press("[data-screen=result] [data-do=again]");
  release();
  await visit.see("#log li[data-state=done] .path:text-is('/v1/verifications') >> nth=1");
  await visit.drawn();

  assert(await visit.page.isVisible("#start"), "the page went where nobody wanted to go");
  await visit.start();
  assert.equal((await visit.verifications()).items.length, 2, "what was dropped is taken up again");
  await visit.end();
});

test("a report that is answered late touches no other verification", async () => {
  const visit = await Visit.begin();
  await visit.start();
  await visit.press("[data-do=open]");
  const { asked, release } = await visit.hold("**/capture");
  await visit.press("#capture-sheet [data-do=close]");
  await asked;
  await visit.press("[data-screen=capture] [data-do=again]");
  await visit.page.fill("#contact", visit.contact.replace(/..$/, "01"));
  await visit.start();
  const [, second] = visit.asked("POST", "/v1/verifications");
  await visit.see("#link[data-link=stream]");

  release();
  await visit.see("#log li[data-state=done] .path:text-matches('/capture$')");
  await visit.drawn();
  const known = await visit.page.evaluate(() => JSON.parse(sessionStorage.getItem("gerbang-demo")).view.id);

  assert.equal(second.status, 201);
  assert(visit.asked("GET", "/events").at(-1).path.includes(known), "the page shows what it does not follow");
  assert.equal(await visit.text("#notice"), "");
  await visit.end();
});

test("whoever started is asked for, whatever is typed in meanwhile", async () => {
  const visit = await Visit.begin();
  const { asked, release } = await visit.hold(STARTS);

  await visit.press("#start [type=submit]");
  await asked;
  await visit.page.fill("#contact", "6281299999999");
  release();
  await visit.see("#link[data-link=stream]");
  await visit.page.reload();
  await visit.see("#credential .secret");
  await visit.captureElsewhere();
  await visit.see("#verdict[data-tone=good]");

  assert.equal((await visit.verifications()).items.length, 1);
  await visit.end();
});

test("a verification that is not there any more is taken leave of in words", async () => {
  const visit = await Visit.begin();
  await visit.start();
  await visit.see("#link[data-link=stream]");
  await visit.refuse("**/v1/verifications/**", { type: "/problems/not-found", status: 404, title: "Not found", detail: "Not there." });

  await visit.page.reload();
  await visit.see('#notice:has-text("does not have this verification any more")');

  assert(await visit.page.isVisible("#start"));
  assert.equal(visit.calls.filter(isStart).length, 1);
  await visit.end();
});

test("a capture that is opened while its credential is on the way waits for it", async () => {
  const visit = await Visit.begin();
  await visit.start();
  const { asked, release } = await visit.hold(STARTS);

  await visit.page.reload();
  await asked;
  await visit.press("[data-do=open]");
  release();
  await visit.see("#capture-sheet");

  assert.equal(visit.calls.filter(isStart).length, 2);
  await visit.end();
});

test("what keeps a capture from opening is said and stays said", async () => {
  const visit = await Visit.begin();
  await visit.start();
  await visit.see("#link[data-link=stream]");
  const problem = { type: "/problems/provider-unavailable", status: 503, title: "No provider", detail: "Come back later." };
  const allow = await visit.refuse(STARTS, problem);
  await visit.page.reload();
  await visit.see("#link[data-link=stream]");

  await visit.press("[data-do=open]");
  await visit.see("#log .path:text-is('/v1/verifications') >> nth=2");
  await visit.drawn();

  assert.equal(await visit.text("#notice"), "No provider: Come back later.");
  await allow();
  await visit.press("[data-do=open]");
  await visit.see("#capture-sheet");
  await visit.end();
});

test("a renewal whose answer was lost is repeated under its key", async () => {
  const visit = await Visit.throughNetwork();
  visit.network.loseAnswer(isRenewal);
  await visit.start();
  await visit.see("#link[data-link=stream]");

  await visit.press("[data-do=renew]");
  await visit.see('#notice:has-text("There was no answer")');
  await visit.press("[data-do=renew]");
  await visit.see('#notice:has-text("Received a fresh credential")');
  await visit.press("[data-do=renew]");
  await visit.gaps(3, isRenewal);

  const [first, second, third] = visit.calls.filter(isRenewal).map(({ headers }) => headers["idempotency-key"]);
  assert.equal(second, first);
  assert.notEqual(third, second, "the next wish is another one");
  await visit.end();
});
