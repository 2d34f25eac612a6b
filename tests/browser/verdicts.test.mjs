// From start to verdict, as a person sees it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import jsQR from "jsqr";
import { PNG } from "pngjs";
import { anotherDevice, captureIn, closeBrowser, openBrowser, Visit } from "./visit.mjs";

before(openBrowser);
after(closeBrowser);

test("approved, told by the stream alone", async () => {
  const visit = await Visit.begin({ width: "phone", language: "id" });

  await visit.start();
  await visit.capture();
  await visit.see("#verdict[data-tone=good]");

  assert.equal(await visit.text("#headline"), "Identitas Anda terverifikasi");
  assert.equal(visit.asked("GET", "/events").length, 1);
  assert.equal(visit.calls.some(({ path }) => path.includes("wait=")), false);
  await visit.end();
});

test("rejected with the reason in the reader's language", async () => {
  const visit = await Visit.begin({ digits: "14" });

  await visit.start();
  await visit.capture();
  await visit.see("#verdict[data-tone=bad]");
  const english = await visit.text("#explanation");
  await visit.press("[data-language=id]");
  await visit.see('#headline:text-is("Verifikasi belum berhasil")');
  await visit.see("#explanation:not(:text-is(\"" + english + "\"))");

  assert.match(english, /could not verify your face/);
  assert.match(await visit.text("#explanation"), /wajah/i);
  assert.equal(await visit.text("[data-do=next]"), "Coba lagi");
  await visit.end();
});

test("the pane shows each call that was made", async () => {
  const visit = await Visit.begin({ digits: "01" });

  await visit.start();
  await visit.capture();
  await visit.see("#verdict[data-tone=good]");
  await visit.see('#log li[data-state=done] .path:text-matches("/events$")');
  const shown = (await visit.pane()).filter((line) => !line.includes("/demo/webhooks"));

  const made = visit.calls.map(({ method, path, status }) => `${method} ${path} ${status}`);
  assert.deepEqual(shown.sort(), made.sort());
  await visit.end();
});

test("the capture goes on at a phone by the QR code", async () => {
  const visit = await Visit.begin();
  await visit.start("web");
  await visit.see("#link[data-link=stream]");

  await visit.press("[data-do=qr]");
  const { data, width, height } = PNG.sync.read(await visit.page.locator("#qr-code svg").screenshot());
  const code = jsQR(new Uint8ClampedArray(data), width, height);
  await visit.press("#qr-address button:first-child");
  const phone = await anotherDevice();
  const page = await phone.newPage();
  await page.goto(code.data);
  await captureIn(page);
  await visit.see("#verdict[data-tone=good]");

  assert.equal(await visit.page.locator("#qr-code svg").count(), 0, "the code is still on the screen");
  await page.waitForURL(`${process.env.DEMO_URL}/`);
  await phone.close();
  await visit.end();
});

test("a reload takes the open verification up again, and no secret outlives it", async () => {
  const visit = await Visit.begin();
  const kept = [];
  await visit.page.exposeFunction("keep", (text) => kept.push(text));
  await visit.page.addInitScript(() => {
    const { setItem } = Storage.prototype;
    Storage.prototype.setItem = function set(name, text) {
      window.keep(text);
      setItem.call(this, name, text);
    };
  });
  await visit.start();

  await visit.page.reload();
  await visit.see("[data-screen=capture]");
  await visit.see("#credential .secret");

  assert.equal((await visit.verifications()).items.length, 1);
  assert(kept.length > 0);
  assert.deepEqual(kept.filter((text) => /eyJ[\w-]{20,}/.test(text)), []);
  await visit.end();
});

test("a call from before a reload is copied without its token", async () => {
  const visit = await Visit.begin();
  await visit.start();
  await visit.see("#link[data-link=stream]");
  await visit.page.reload();
  await visit.see("#credential .secret");
  await visit.page.evaluate(() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; });
  const copy = async (place) => {
    const item = visit.page.locator("#log li", { has: visit.page.locator(".path:text-is('/v1/verifications')") }).nth(place);
    // By hand, since the page closes what nobody opened when the next answer comes.
    await item.locator("details").evaluate((details) => {
      const summary = details.querySelector("summary");
      summary.click();
      if (!details.open) summary.click();
    });
    await item.locator(".copy").click();
    return visit.page.evaluate(() => window.copied);
  };

  const [restored, fresh] = [await copy(0), await copy(1)];

  assert.match(restored, /-H "Authorization: Bearer \$TOKEN"/);
  assert.match(fresh, /-H 'Authorization: Bearer eyJ[\w.-]+'/);
  await visit.end();
});
