// What a partner's app does with the gateway, call by call.
//
// It is driven by `nextAction`, repeats a start without fear, and believes no page's word about the verdict.

import { find } from "./dom.js";
import { facts } from "./facts.js";
import { asUser, gateway, letTokenExpire, type Problem } from "./gateway.js";
import { busy, contactError, draw, drawStart, notice } from "./phone.js";
import { recorded } from "./record.js";
import type { components } from "./schema.js";
import { closeCapture, closeQr, isSheetOpen, openCapture, openQr } from "./sheet.js";
import { canCapture, contact, forgetVerification, isFresh, isOpen, learn, state, type Started } from "./state.js";
import { language, t, type Word } from "./texts.js";
import { follow, type Link } from "./watch.js";
import { followWebhooks, leaveWebhooks } from "./webhooks.js";

type Outcome = components["schemas"]["CaptureOutcome"];
type StartVerification = components["schemas"]["StartVerification"];

const LINKS: Record<Link, Word> = { stream: "linkStream", poll: "linkPoll", off: "linkOff", none: "linkNone" };

/** What the user wants and has not got yet. As long as it is the same, so is its key: it comes true once. */
let wish: { asked: string; key: string } | undefined;
let isStarting = false;
let isRenewing = false;
let watching: { id: string; ended: AbortController } | undefined;
let link: Link = "none";

function tellProblem(problem: Problem | undefined, response: Response): void {
  const seconds = Number(response.headers.get("retry-after"));
  if (response.status === 429 && seconds) notice(t("noteSlow", { seconds }), "warn");
  else notice(t("problem", { title: problem?.title ?? String(response.status), detail: problem?.detail ?? "" }), "warn");
}

export async function start(): Promise<void> {
  if (isStarting) return;
  isStarting = true;
  notice();
  contactError();
  busy(true);
  try {
    const body: StartVerification = { channel: state.channel, locale: language() === "en" ? "en_ID" : "id_ID" };
    if (state.channel === "web") body.redirectUrls = facts.returnUrls;
    const asked = JSON.stringify([contact(), body]);
    if (wish?.asked !== asked) wish = { asked, key: crypto.randomUUID() };
    const { key } = wish;
    const answer = await asUser((headers) => gateway.POST("/v1/verifications", {
      params: { header: { "Idempotency-Key": key } },
      body,
      headers,
      fetch: recorded("callStart"),
    }));
    if (answer === undefined) contactError(t("contactWrong"));
    else if (answer.data) adopt(answer.data, answer.response.status === 200);
    else tellProblem(answer.error, answer.response);
    // Any other answer may yet be followed by a better one to the same wish.
    if (answer?.data || answer?.response.status === 409 || answer?.response.status === 422) wish = undefined;
  } catch {
    notice(t("noteLost"), "warn");
  } finally {
    busy(false);
    isStarting = false;
  }
}

function adopt(started: Started, resumed: boolean): void {
  state.credential = started.sdkToken || started.launchUrl ? started : undefined;
  state.resumed = resumed;
  learn(started);
  draw();
  if (watching?.id !== started.id) void watch();
}

export async function renew(): Promise<void> {
  const { view } = state;
  if (isRenewing || view === undefined) return;
  isRenewing = true;
  notice();
  const answer = await attempt((headers) => gateway.POST("/v1/verifications/{verificationId}/renew", {
    params: { path: { verificationId: view.id }, header: { "Idempotency-Key": crypto.randomUUID() } },
    headers,
    fetch: recorded("callRenew"),
  }));
  isRenewing = false;
  if (answer?.data) {
    adopt(answer.data, false);
    notice(t("noteRenewed"));
  } else if (answer) {
    tellProblem(answer.error, answer.response);
    void watch();
  }
}

/** What the SDK's or the page's end means to the app: a hint to the gateway, never a verdict. */
export async function report(outcome: Outcome, code?: string): Promise<void> {
  const { view } = state;
  if (view === undefined) return;
  const answer = await attempt((headers) => gateway.POST("/v1/verifications/{verificationId}/capture", {
    params: { path: { verificationId: view.id } },
    body: code === undefined ? { outcome } : { outcome, code },
    headers,
    fetch: recorded("callCapture"),
  }));
  if (answer?.data) learn(answer.data);
  if (outcome === "cancelled") notice(t("noteCancelled"));
  if (outcome === "failed") notice(t("noteFailed"), "warn");
  draw();
}

async function attempt<A extends { response: Response }>(
  send: (headers: Record<string, string>) => Promise<A>,
): Promise<A | undefined> {
  try {
    return await asUser(send);
  } catch {
    notice(t("noteLost"), "warn");
    return undefined;
  }
}

/** Follows the verification until nothing more is to be expected. */
export async function watch(): Promise<void> {
  stopWatching();
  const { view } = state;
  if (view === undefined) return;
  const mine = { id: view.id, ended: new AbortController() };
  watching = mine;
  void followWebhooks(view.id, () => !state.view || !isOpen(state.view));
  const watcher = {
    show(news: Parameters<typeof learn>[0]): void {
      if (learn(news)) notice();
      draw();
      if (!isOpen(news)) closeCapture();
    },
    link: showLink,
    problem: tellProblem,
  };
  const end = await follow(view.id, watcher, mine.ended.signal);
  if (watching !== mine) return;
  watching = undefined;
  // The demo was started anew since: what it remembered is gone.
  if (end === "gone") again();
}

function stopWatching(): void {
  watching?.ended.abort();
  watching = undefined;
}

/** Says by which way news come. */
function showLink(now: Link): void {
  if (now === "off") notice(t("noteOffline"), "warn");
  else if (link === "off") notice();
  link = now;
  const element = find("#link");
  element.dataset["link"] = now;
  element.textContent = t(LINKS[now]);
}

export function drawLink(): void {
  find("#link").textContent = t(LINKS[link]);
}

export function again(): void {
  stopWatching();
  leaveWebhooks();
  closeCapture();
  showLink("none");
  notice();
  forgetVerification();
  drawStart();
  draw();
}

/** A credential that is good now: the one at hand, or a fresh one where it has expired. */
async function credential(): Promise<Started | undefined> {
  if (!state.credential) await start();
  else if (!isFresh(state.credential)) await renew();
  notice();
  if (state.credential && isFresh(state.credential)) return state.credential;
  if (state.view && canCapture(state.view)) notice(t("noteNothing"), "warn");
  return undefined;
}

export async function open(inThisTab: boolean): Promise<void> {
  const { launchUrl, sdkToken } = (await credential()) ?? {};
  if (launchUrl && inThisTab) location.assign(launchUrl);
  else if (launchUrl) openCapture(launchUrl, "web");
  else if (sdkToken) openCapture(`${facts.sdkUrl}#token=${encodeURIComponent(sdkToken)}`, "sdk");
}

/** Shows the launch URL as a code: the capture goes on elsewhere, and the stream tells here how it ends. */
export async function continueOnPhone(): Promise<void> {
  const { launchUrl } = (await credential()) ?? {};
  if (launchUrl) openQr(launchUrl);
}

/** No code stays on the screen that leads nowhere. */
export function refreshQr(): void {
  if (isSheetOpen("qr") && state.credential && !isFresh(state.credential)) void continueOnPhone();
}

export function leave(): void {
  if (isSheetOpen("qr")) return closeQr();
  closeCapture();
  if (state.view && canCapture(state.view)) void report("cancelled", "USER_CANCELLED");
  return undefined;
}

export function next(): void {
  const { view } = state;
  if (view?.nextAction === "retry") void start();
  else notice(t(view?.nextAction === "contact_support" ? "supportSaid" : "doneSaid"));
}

/** Shows what an app goes through that was left open overnight: refused, signed in anew, asked again. */
export async function expireToken(): Promise<void> {
  await letTokenExpire();
  if (state.view) void watch();
}

/** Goes on where this tab was: after a reload, or on the way back from the provider's page. */
export async function resume(): Promise<void> {
  const returned = sessionStorage.getItem("gerbang-demo-return");
  sessionStorage.removeItem("gerbang-demo-return");
  if (!state.view) {
    if (returned) notice(t("noteElsewhere"));
    return;
  }
  if (returned) await report(returned === "success" ? "completed" : "failed");
  if (state.view && canCapture(state.view) && !returned) await start();
  if (!watching) await watch();
}
