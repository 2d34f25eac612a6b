// The pictures in docs/images, made anew: `tests/browser/run --pictures docs/images`. Look at each before it is committed.

import { join } from "node:path";
import { chromium } from "playwright-core";

const { DEMO_URL, GERBANG_URL, CHROMIUM } = process.env;
const [, , folder] = process.argv;
const DESKTOP = { width: 1280, height: 920 };
const PHONE = { width: 390, height: 870 };

const args = ["--disable-gpu", "--no-first-run", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])];
const browser = await chromium.launch({ executablePath: CHROMIUM, args });

async function visit(viewport, locale, scale = 1) {
  const context = await browser.newContext({ viewport, locale, timezoneId: "Asia/Jakarta", deviceScaleFactor: scale });
  return context.newPage();
}

async function shoot(page, name) {
  await page.mouse.move(0, 0);
  await page.evaluate(() => {
    document.activeElement?.blur();
    if (!location.hash) window.scrollTo(0, 0);
  });
  await page.evaluate(() => Promise.allSettled(document.getAnimations()
    .filter((animation) => animation.effect?.getComputedTiming().iterations !== Infinity)
    .map((animation) => animation.finished)));
  await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
  console.log(name);
}

async function start(page, contact, channel) {
  await page.goto(DEMO_URL);
  await page.fill("#contact", contact);
  await page.check(`[name=channel][value=${channel}]`);
  await page.click("#start [type=submit]");
  await page.locator("[data-screen=capture]").waitFor();
}

async function capture(page) {
  await page.click("[data-do=open]");
  const frame = page.frameLocator("#frame");
  for (const step of ["[data-go=card]", "[data-shoot=selfie]", "[data-shoot=choose]", "#send"]) await frame.locator(step).click();
  await page.locator("[data-screen=result]").waitFor();
}

const desktop = await visit(DESKTOP, "en-GB");
await start(desktop, "6281200112200", "sdk");
await capture(desktop);
await desktop.locator("#verdict[data-tone=near]").waitFor();
await shoot(desktop, "demo-waiting");
await desktop.locator("#verdict[data-tone=good]").waitFor();
await desktop.locator('#log li[data-state=done] .came >> nth=2').waitFor();
await desktop.evaluate(() => {
  for (const open of document.querySelectorAll("#log details[open]")) open.open = false;
});
await shoot(desktop, "demo-approved");

const qr = await visit(DESKTOP, "en-GB");
await start(qr, "6281200112201", "web");
await qr.locator("#link[data-link=stream]").waitFor();
await qr.click("[data-do=qr]");
await shoot(qr, "demo-qr");

const phone = await visit(PHONE, "id-ID", 2);
await start(phone, "6281200112214", "sdk");
await capture(phone);
await phone.locator("#verdict[data-tone=bad]").waitFor();
await shoot(phone, "demo-phone-rejected");

const pages = await visit(DESKTOP, "en-GB");
for (const [name, path] of [["docs", "/docs"], ["docs-reference", "/docs/reference#operation/startVerification"], ["problem", "/problems/contact-not-verified"]]) {
  await pages.goto(GERBANG_URL + path, { waitUntil: "networkidle" });
  await shoot(pages, name);
}
await browser.close();
