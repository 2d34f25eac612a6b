// One person at the demo: a browser window of its own, a contact that nobody else has, and what was asked of the gateway.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { Network } from "./network.mjs";

const { DEMO_URL, GERBANG_URL, SANDBOX_URL, CHROMIUM } = process.env;
/** The demo plays fast, the machine may not. */
const PATIENCE = 30_000;
const WIDTHS = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 900 } };

let browser;
let visits = 0;
/** Those that were not ended, since their test failed. */
const unended = new Set();

export async function openBrowser() {
  const args = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"];
  // Inside a container the tests run as root, and Chromium's own sandbox does not.
  if (process.getuid?.() === 0) args.push("--no-sandbox");
  browser = await chromium.launch({ executablePath: CHROMIUM, args });
}

export async function closeBrowser() {
  for (const visit of unended) await visit.leave();
  await browser?.close();
}

export class Visit {
  /** What was asked below `/v1/` and of the sign-in, in order. */
  calls = [];
  /** What the page's console complains about. A refusal and a lost connection are part of the play. */
  complaints = [];

  static async begin({ width = "desktop", language = "en", digits = "00", network } = {}) {
    const visit = new Visit();
    unended.add(visit);
    visits += 1;
    visit.contact = `62812${String(process.pid % 1000).padStart(3, "0")}${String(visits).padStart(3, "0")}${digits}`;
    visit.network = network;
    visit.context = await browser.newContext({
      viewport: WIDTHS[width],
      locale: language === "en" ? "en-GB" : "id-ID",
      ...(network && { proxy: { server: network.address, bypass: "<-loopback>" } }),
    });
    visit.context.setDefaultTimeout(PATIENCE);
    visit.page = await visit.context.newPage();
    visit.#listen();
    await visit.page.goto(DEMO_URL);
    // The page has its words as soon as it listens.
    await visit.see("#start [type=submit]:not(:empty)");
    await visit.page.fill("#contact", visit.contact);
    return visit;
  }

  static async throughNetwork(options) {
    return Visit.begin({ ...options, network: await Network.open() });
  }

  #listen() {
    this.page.on("pageerror", (error) => this.complaints.push(String(error)));
    this.page.on("console", (message) => {
      const isPlayed = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !isPlayed) this.complaints.push(message.text());
    });
    this.page.on("request", (request) => {
      const { pathname, search } = new URL(request.url());
      if (!pathname.startsWith("/v1/") && pathname !== "/demo/session") return;
      const call = { method: request.method(), path: pathname + search, headers: request.headers(), at: performance.now() };
      this.calls.push(call);
      request.response().then((response) => { call.status = response?.status(); }, () => {});
    });
  }

  /** Calls whose path ends so, such as `/events`. */
  asked(method, ending) {
    return this.calls.filter((call) => call.method === method && call.path.endsWith(ending));
  }

  /** Resolves when as many calls as `count` have been made that `fits` picks; answers the milliseconds between them. */
  async gaps(count, fits) {
    const made = () => this.calls.filter(fits);
    while (made().length < count) await this.page.waitForEvent("request");
    return made().slice(1).map(({ at }, place) => at - made()[place].at);
  }

  /** Answers calls to `url` with this problem until the function it gives is called. */
  async refuse(url, problem, headers = {}) {
    const answer = (route) => route.fulfill({ status: problem.status, contentType: "application/problem+json", headers, json: problem });
    await this.page.route(url, answer);
    return () => this.page.unroute(url, answer);
  }

  /** Holds back the next call to `url` until the function it gives is called. */
  async hold(url) {
    let release;
    const released = new Promise((resolve) => { release = resolve; });
    const asked = new Promise((resolve) => {
      void this.page.route(url, async (route) => {
        resolve();
        await released;
        await route.continue();
      }, { times: 1 });
    });
    return { asked, release };
  }

  /** Resolves when the page has drawn what it knows. */
  async drawn() {
    await this.page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); }));
  }

  async see(selector, state = "visible") {
    await this.page.locator(selector).first().waitFor({ state });
  }

  async press(selector) {
    await this.page.click(selector);
  }

  /** Up to the screen from which the capture is opened. */
  async start(channel = "sdk") {
    await this.page.check(`[name=channel][value=${channel}]`);
    await this.press("#start [type=submit]");
    await this.see("[data-screen=capture]");
  }

  /** The capture as a person goes through it, in the frame of the page. */
  async capture() {
    await this.press("[data-do=open]");
    await captureIn(this.page.frameLocator("#frame"));
  }

  /** The capture on some other device: the page hears of it from the gateway alone. */
  async captureElsewhere() {
    const user = JSON.parse(await this.#post(`${DEMO_URL}/demo/session`, { contact: this.contact })).userId;
    const sessions = await (await fetch(`${SANDBOX_URL}/sandbox/sessions`)).json();
    const newest = sessions.filter((session) => session.userId === user).at(-1);
    await this.#post(`${SANDBOX_URL}/sandbox/sessions/${newest.sessionId}/capture`, {});
  }

  /** Resolves when the gateway has a verdict, whether or not the page can hear of it. */
  async verdictAtGateway() {
    for (let etag = ""; ;) {
      const { items: [newest] } = await this.verifications();
      const headers = { ...(await this.#headers()), ...(etag && { "If-None-Match": etag }) };
      const answer = await fetch(`${GERBANG_URL}/v1/verifications/${newest.id}?wait=25`, { headers });
      if (answer.status !== 200) continue;
      etag = answer.headers.get("etag");
      const view = await answer.json();
      if (["none", "retry", "contact_support"].includes(view.nextAction)) return view;
    }
  }

  /** What the gateway has of this person. */
  async verifications() {
    return (await fetch(`${GERBANG_URL}/v1/verifications`, { headers: await this.#headers() })).json();
  }

  async #headers() {
    const { accessToken } = JSON.parse(await this.#post(`${DEMO_URL}/demo/session`, { contact: this.contact }));
    return { Authorization: `Bearer ${accessToken}` };
  }

  async #post(url, body) {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    assert(answer.ok, `${url}: ${answer.status}`);
    return answer.text();
  }

  async text(selector) {
    return (await this.page.locator(selector).innerText()).trim();
  }

  /** The developer's pane, as `GET /v1/… 200`. */
  async pane() {
    return this.page.locator("#log li").evaluateAll((items) => items.map((item) => {
      const part = (name) => item.querySelector(name)?.textContent.trim() ?? "";
      return `${part(".method")} ${part(".path")} ${/\d{3}/.exec(part(".badge")) ?? ""}`;
    }));
  }

  async end() {
    await this.leave();
    assert.deepEqual(this.complaints, []);
  }

  async leave() {
    unended.delete(this);
    await this.context.close();
    await this.network?.close();
  }
}

/** The provider's page, step by step; `look` is called at each. */
export async function captureIn(page, look = async () => {}) {
  for (const step of ["[data-go=card]", "[data-shoot=selfie]", "[data-shoot=choose]", "#send"]) {
    await page.locator(step).waitFor();
    await look(step);
    await page.locator(step).click();
  }
}

/** A second device: a window that knows nothing of the first. */
export async function anotherDevice() {
  const context = await browser.newContext({ viewport: WIDTHS.phone, locale: "id-ID" });
  context.setDefaultTimeout(PATIENCE);
  return context;
}
