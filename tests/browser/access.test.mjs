// Everybody can use it: by keyboard, by screen reader, in both languages, on a small screen.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { captureIn, closeBrowser, openBrowser, Visit } from "./visit.mjs";

before(openBrowser);
after(closeBrowser);

/** Nothing that keeps somebody out, nothing to be scrolled sideways, and the language said. */
async function examine(visit, language, state) {
  const { page } = visit;
  assert.equal(await page.getAttribute("html", "lang"), language);
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert(wide <= room, `${state}: ${wide} pixels on a screen of ${room}`);
  for (const frame of page.frames().filter((each) => each.url() !== "about:blank")) {
    // What fades in has no colours of its own yet.
    await frame.evaluate(() => Promise.allSettled(document.getAnimations()
      .filter((animation) => animation.effect?.getComputedTiming().iterations !== Infinity)
      .map((animation) => animation.finished)));
    await frame.evaluate(axe.source);
    const { violations } = await frame.evaluate(() => window.axe.run(document, { iframes: false, resultTypes: ["violations"] }));
    const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    const told = grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
    assert.deepEqual(told, [], `${state}, ${language}, ${new URL(frame.url()).pathname}`);
  }
}

for (const width of ["phone", "desktop"]) {
  for (const language of ["id", "en"]) {
    test(`every state is open to everybody: ${width}, ${language}`, async () => {
      const visit = await Visit.begin({ width, language, digits: "14" });
      const look = (state) => examine(visit, language, state);
      await look("start");

      await visit.page.fill("#contact", "nobody");
      await visit.press("#start [type=submit]");
      await visit.see("#contact-error");
      await look("wrong contact");

      await visit.page.fill("#contact", visit.contact);
      await visit.start("web");
      await visit.see("#link[data-link=stream]", "attached");
      await look("capture by web page");
      await visit.press("[data-do=qr]");
      await look("QR code");
      await visit.press("#qr-address button:first-child");
      await look("QR code and its address");
      await visit.press("#qr-sheet [data-do=close]");

      await visit.press("[data-do=open]");
      await visit.page.frameLocator("#frame").locator("[data-go=card]").waitFor();
      await look("the provider's page");
      await visit.press("#capture-sheet [data-do=close]");
      await visit.see("#notice:not(:empty)");
      await look("capture left");

      await visit.press("[data-screen=capture] [data-do=again]");
      await visit.start("sdk");
      await look("capture by SDK");
      await visit.press("[data-do=open]");
      await captureIn(visit.page.frameLocator("#frame"), look);
      await visit.see("[data-screen=result]");
      await look("waiting");
      await visit.see("#verdict[data-tone=bad]");
      await look("rejected");

      if (width === "phone") await visit.press("button[data-view=inspector]");
      await look("requests and answers");
      await visit.page.check("#reveal");
      await look("secrets revealed");
      await visit.end();
    });
  }
}

for (const [digits, tone] of [["00", "good"], ["40", "warn"], ["30", "near"]]) {
  test(`verdicts are open to everybody: ${digits}`, async () => {
    const visit = await Visit.begin({ width: "phone", language: "id", digits });

    await visit.start();
    await visit.captureElsewhere();
    await visit.see(`[data-screen=result] #verdict[data-tone=${tone}]`);

    await examine(visit, "id", tone);
    await visit.end();
  });
}

test("a keyboard is enough, and the focus goes where the page goes", async () => {
  const visit = await Visit.begin();
  const { page } = visit;
  const focused = () => page.evaluate(() => document.activeElement?.closest("[id], [data-do]")?.outerHTML.slice(0, 80) ?? "");
  await page.focus("#contact");

  await page.keyboard.press("Enter");
  await visit.see("[data-screen=capture] h2:focus");
  const reach = async (what, key) => {
    for (let presses = 0; !(await focused()).includes(what); presses += 1) {
      assert(presses < 10, `${what} is not reached`);
      await page.keyboard.press(key);
    }
  };
  await reach('data-do="open"', "Tab");
  await page.keyboard.press("Enter");
  await visit.see("#capture-sheet");
  const below = await page.locator("[data-screen=capture]").evaluate((screen) => screen.inert);
  // The provider's page takes the focus as soon as it is there.
  await page.frameLocator("#frame").locator("h1:focus").waitFor();
  await reach('data-do="close"', "Shift+Tab");
  await page.keyboard.press("Escape");
  await visit.see("[data-do=open]:focus");
  await visit.captureElsewhere();
  await visit.see("#headline:focus");

  assert.equal(below, true, "what is covered can still be reached");
  await visit.end();
});

test("a sheet that covers the whole page leaves nothing else to be reached", async () => {
  const visit = await Visit.begin({ width: "phone" });
  const { page } = visit;
  const fenced = () => page.evaluate(() => [".skip", ".top", ".inspector", ".switch"].map((part) => document.querySelector(part).inert));
  const modal = () => page.getAttribute("#qr-sheet", "aria-modal");
  await visit.start("web");

  await visit.press("[data-do=qr]");
  await visit.see("#qr-code svg");
  const narrow = [await fenced(), await modal()];
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.waitForFunction(() => !document.querySelector(".top").inert);
  const wide = [await fenced(), await modal()];
  await page.setViewportSize({ width: 360, height: 740 });
  await page.waitForFunction(() => document.querySelector(".top").inert);
  await visit.press("#qr-sheet [data-do=close]");

  assert.deepEqual(narrow, [[true, true, true, true], "true"]);
  assert.deepEqual(wide, [[false, false, false, false], "false"], "beside the app one can go on reading");
  assert.deepEqual(await fenced(), [false, false, false, false]);
  await visit.end();
});

test("what changes is said", async () => {
  const visit = await Visit.begin({ language: "id" });

  const live = await visit.page.locator("#notice").evaluate((notice) => [notice.getAttribute("role"), getComputedStyle(notice).display]);
  const headline = await visit.page.locator("#headline").evaluate((element) => element.closest("[aria-live]")?.getAttribute("aria-live"));
  await visit.press("[data-language=en]");

  assert.deepEqual(live, ["status", "block"], "a notice that is not there before it speaks is not heard");
  assert.equal(headline, "polite");
  assert.equal(await visit.page.getAttribute("html", "lang"), "en");
  await visit.end();
});
