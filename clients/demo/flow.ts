// What a partner's app does with the gateway, call by call.
//
// It is driven by `nextAction`, repeats a start without fear, and believes no page's word about the verdict.

import { find } from "./dom.js";
import { facts } from "./facts.js";
import { asUser, gateway, letTokenExpire, type Problem } from "./gateway.js";
import { backoff } from "./pause.js";
import { busy, contactError, draw, drawStart, notice } from "./phone.js";
import { recorded } from "./record.js";
import type { components } from "./schema.js";
import { closeCapture, closeQr, expireQr, isSheetOpen, openCapture, openQr } from "./sheet.js";
import { canCapture, forgetVerification, isFresh, isOpen, learn, state, takeUp, user, type Started } from "./state.js";
import { language, minuteIn, t, type Word } from "./texts.js";
import { follow, type Link, type Watcher } from "./watch.js";
import { followWebhooks, leaveWebhooks } from "./webhooks.js";
import { Wish } from "./wish.js";

type Outcome = components["schemas"]["CaptureOutcome"];
type StartVerification = components["schemas"]["StartVerification"];
type Headers = Record<string, string>;

/** An answer to a start or a renewal. */
interface Answer {
  data?: Started;
  error?: Problem;
  response: Response;
}

const LINKS: Record<Link, Word> = { stream: "linkStream", poll: "linkPoll", off: "linkOff", none: "linkNone" };

const wishes = { start: new Wish(), renew: new Wish() };
/** Raised on the way back to the start: what was asked before is answered to nobody. */
let round = 0;
/** What is being asked. Whoever wants the same meanwhile gets the same answer. */
const underWay = new Map<"start" | "renew" | "recover", Promise<boolean>>();
let watching: { id: string; ended: AbortController } | undefined;
let link: Link = "none";
/** Renewals in a row that brought nothing, and when one may be made again without anybody's asking. */
let failedRenewals = 0;
let nextRenewal = 0;

const retryAfter = ({ headers }: Response): number => Number(headers.get("retry-after")) || 0;

function tellProblem(problem: Problem | undefined, response: Response): void {
  notice(t("problem", { title: problem?.title ?? String(response.status), detail: problem?.detail ?? "" }), "warn");
}

/** Tells of an answer after which the page asks again by itself. */
function tellDelay(problem: Problem | undefined, response: Response): void {
  const seconds = retryAfter(response);
  if (response.status === 429 && seconds) notice(t("noteSlow", { seconds }), "warn");
  else tellProblem(problem, response);
}

/** Tells of an answer after which it is the user who asks again. */
function tellRefusal(problem: Problem | undefined, response: Response): void {
  const seconds = retryAfter(response);
  if (response.status !== 429 || !seconds) tellProblem(problem, response);
  else if (problem?.type === "/problems/attempts-exhausted") notice(t("noteExhausted", minuteIn(seconds)), "warn");
  else notice(t("noteLater", { seconds }), "warn");
}

function share(what: "start" | "renew" | "recover", ask: () => Promise<boolean>): Promise<boolean> {
  const before = underWay.get(what);
  if (before) return before;
  const mine = ask().finally(() => {
    if (underWay.get(what) !== mine) return;
    underWay.delete(what);
    busy(underWay.has("start"));
  });
  underWay.set(what, mine);
  busy(underWay.has("start"));
  return mine;
}

/** An answer to `send` in the user's name. None if there was none, or if it came when the app was elsewhere. */
async function attempt<A extends { response: Response }>(send: (headers: Headers) => Promise<A>): Promise<A | undefined> {
  const asked = { round, id: state.view?.id };
  const isHere = (): boolean => asked.round === round && asked.id === state.view?.id;
  try {
    const answer = await asUser(user(), send);
    if (!isHere()) return undefined;
    if (answer === undefined) contactError(t("contactWrong"));
    return answer;
  } catch {
    if (isHere()) notice(t("noteLost"), "warn");
    return undefined;
  }
}

/** Asks for a credential, as often as it takes under the same key. Says why there is none. */
async function obtain(wish: Wish, asked: object, send: (headers: Headers, key: string) => Promise<Answer>): Promise<Answer | undefined> {
  notice();
  contactError();
  const key = wish.keyFor(JSON.stringify([user(), asked]));
  const answer = await attempt(async (headers) => {
    const heard = await send(headers, key);
    wish.heard(key, heard.response.status, heard.error?.type);
    return heard;
  });
  if (answer && !answer.data) tellRefusal(answer.error, answer.response);
  return answer;
}

/** Starts, or takes up what is open. Answers whether it did. */
export function start(): Promise<boolean> {
  return share("start", async () => {
    const owner = user();
    const channel = state.view?.channel ?? state.channel;
    const body: StartVerification = { channel, locale: language() === "en" ? "en_ID" : "id_ID" };
    if (channel === "web") body.redirectUrls = facts.returnUrls;
    const answer = await obtain(wishes.start, body, (headers, key) => gateway.POST("/v1/verifications", {
      params: { header: { "Idempotency-Key": key } },
      body,
      headers,
      fetch: recorded("callStart"),
    }));
    if (answer?.data) adopt(answer.data, owner, answer.response.status === 200);
    return answer?.data !== undefined;
  });
}

function adopt(started: Started, owner: string, resumed: boolean): void {
  state.credential = started.sdkToken || started.launchUrl ? started : undefined;
  state.resumed = resumed;
  takeUp(started, owner);
  draw();
  if (watching?.id !== started.id) void watch();
}

/** Gets a fresh credential. Answers whether it did. */
function renew(): Promise<boolean> {
  return share("renew", async () => {
    const { view } = state;
    if (view === undefined) return false;
    const owner = user();
    const answer = await obtain(wishes.renew, { id: view.id }, (headers, key) => gateway.POST("/v1/verifications/{verificationId}/renew", {
      params: { path: { verificationId: view.id }, header: { "Idempotency-Key": key } },
      headers,
      fetch: recorded("callRenew"),
    }));
    if (answer?.data) adopt(answer.data, owner, false);
    else if (answer && !watching) void watch();
    failedRenewals = answer?.data ? 0 : failedRenewals + 1;
    const rest = answer?.data ? 0 : Math.max(backoff(failedRenewals), answer ? 1000 * retryAfter(answer.response) : 0);
    nextRenewal = Date.now() + rest;
    return answer?.data !== undefined;
  });
}

export async function renewByHand(): Promise<void> {
  if (await renew()) notice(t("noteRenewed"));
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
  if (answer === undefined) return;
  if (answer.data) learn(answer.data);
  if (outcome === "cancelled") notice(t("noteCancelled"));
  if (outcome === "failed") notice(t("noteFailed"), "warn");
  draw();
}

/**
 * Gets the credential again that a reload has lost. The verification is read first: it may have ended meanwhile, and a
 * start would begin another.
 */
function recover(): Promise<boolean> {
  return share("recover", async () => {
    const { view } = state;
    if (view === undefined) return false;
    const answer = await attempt((headers) => gateway.GET("/v1/verifications/{verificationId}", {
      params: { path: { verificationId: view.id } },
      headers,
      fetch: recorded("callGet"),
    }));
    if (!answer?.data) return false;
    learn(answer.data);
    draw();
    return canCapture(answer.data) && start();
  });
}

/** Follows the verification until nothing more is to be expected. */
export async function watch(): Promise<void> {
  stopWatching();
  const { view } = state;
  if (view === undefined) return;
  const mine = { id: view.id, ended: new AbortController() };
  const isMine = (): boolean => watching === mine;
  watching = mine;
  void followWebhooks(view.id, () => !state.view || !isOpen(state.view));
  // What was on its way when this was left off is of no account.
  const watcher: Watcher = {
    show(news) {
      if (!isMine()) return;
      const before = state.view?.status;
      learn(news);
      // A renewal goes through states of its own, which are no answer to what the user was told.
      if (state.view?.status !== before) notice();
      draw();
      if (!isOpen(news)) closeCapture();
    },
    link: (now) => isMine() && showLink(now),
    problem: (problem, response) => isMine() && tellDelay(problem, response),
  };
  const end = await follow(user(), view.id, watcher, mine.ended.signal);
  if (!isMine()) return;
  watching = undefined;
  if (end !== "gone") return;
  // The demo was started anew since: what it remembered is gone.
  again();
  notice(t("noteGone"), "warn");
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
  round += 1;
  underWay.clear();
  busy(false);
  contactError();
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
  notice();
  const isThere = !state.credential ? await recover() : isFresh(state.credential) || (await renew());
  if (!isThere || !state.view || !canCapture(state.view)) return undefined;
  if (state.credential && isFresh(state.credential)) return state.credential;
  notice(t("noteNothing"), "warn");
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

/** No code stays on the screen that leads nowhere. Called every second; what fails is tried again less often. */
export async function refreshQr(): Promise<void> {
  if (!isSheetOpen("qr") || !state.credential || isFresh(state.credential)) return;
  expireQr();
  if (Date.now() < nextRenewal || !(await renew())) return;
  // While it was being renewed there was nothing to capture with, which has closed the sheet.
  const { launchUrl } = state.credential;
  if (launchUrl && state.view && canCapture(state.view)) openQr(launchUrl);
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
  await letTokenExpire(user());
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
  else await recover();
  if (!watching) await watch();
}
