// The demo app: what a partner's app does with the gateway, call by call.
//
// It is driven by `nextAction`, repeats a start without fear, and believes no page's word about the verdict.

import { contactError, busy, closeSheet, draw, drawStart, isFromSheet, isSheetOpen, notice, openSheet, tick } from "./phone.js";
import { drawInspector, startInspector } from "./inspector.js";
import { canCapture, contact, forgetVerification, isOpen, learn, save, setDigits, state } from "./state.js";
import { language, speak, t } from "./texts.js";
import { leaveWebhooks, followWebhooks } from "./webhooks.js";
import { call, restoreLog } from "./wire.js";

let facts;
let watching;

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });
const path = (rest = "") => `/v1/verifications/${encodeURIComponent(state.id)}${rest}`;

/** The partner's own sign-in, which is none of the gateway's business. */
async function signIn() {
  const { status, body } = await call({ label: "callSession", method: "POST", path: "/demo/session", body: { contact: contact() } });
  state.session = status === 200 ? body : undefined;
  return state.session !== undefined;
}

/** A call to the gateway in the user's name; signs in again once when the token is not good any more. */
async function ask(request, isSecondTry = false) {
  if (!state.session && !(await signIn())) return undefined;
  const answer = await call({ ...request, token: state.session.accessToken, headers: { "Accept-Language": language(), ...request.headers } });
  if (answer.status === 401 && !isSecondTry) {
    state.session = undefined;
    return ask(request, true);
  }
  return answer;
}

function tellProblem({ body, status, headers }) {
  const wait = Number(headers.get("retry-after"));
  if (status === 429 && wait) return notice(t("noteSlow", { seconds: wait }), "warn");
  return notice(t("problem", { title: body?.title ?? status, detail: body?.detail ?? "" }), "warn");
}

async function start() {
  notice();
  contactError();
  busy(true);
  try {
    // Whoever starts may have typed another contact since.
    if (state.session?.contact !== contact()) state.session = undefined;
    const body = { channel: state.channel, locale: language() === "en" ? "en_ID" : "id_ID" };
    if (state.channel === "web") body.redirectUrls = facts.returnUrls;
    const answer = await ask({ label: "callStart", method: "POST", path: "/v1/verifications", body });
    if (answer === undefined) contactError(t("contactWrong"));
    else if (answer.status === 200 || answer.status === 201) adopt(answer.body, answer.status === 200);
    else tellProblem(answer);
  } catch {
    notice(t("noteOffline"), "warn");
  } finally {
    busy(false);
  }
}

function adopt(started, resumed) {
  state.credential = started.sdkToken || started.launchUrl ? started : undefined;
  state.resumed = resumed;
  learn(started);
  draw();
  watch();
}

async function renew() {
  notice();
  const answer = await attempt({ label: "callRenew", method: "POST", path: path("/renew") });
  if (answer?.status === 200) {
    adopt(answer.body, false);
    notice(t("noteRenewed"));
  } else if (answer) {
    tellProblem(answer);
    watch();
  }
}

/** What the SDK's or the page's end means to the app: a hint to the gateway, never a verdict. */
async function report(outcome, code) {
  const body = code ? { outcome, code } : { outcome };
  const answer = await attempt({ label: "callCapture", method: "POST", path: path("/capture"), body });
  if (answer?.status === 200) learn(answer.body);
  if (outcome === "cancelled") notice(t("noteCancelled"));
  if (outcome === "failed") notice(t("noteFailed"), "warn");
  draw();
}

async function attempt(request) {
  try {
    return await ask(request);
  } catch {
    notice(t("noteOffline"), "warn");
    return undefined;
  }
}

/** Follows the verification until nothing more is to be expected: one plain read, then long-polls. */
async function watch() {
  watching?.abort();
  const mine = new AbortController();
  watching = mine;
  state.etag = undefined;
  if (state.id) followWebhooks(state.id, () => !state.view || !isOpen(state.view));
  while (!mine.signal.aborted && state.id) {
    try {
      const polls = state.etag !== undefined;
      const answer = await ask({
        label: polls ? "callWait" : "callGet",
        path: path(polls ? "?wait=25" : ""),
        headers: polls ? { "If-None-Match": state.etag } : {},
        signal: mine.signal,
        same: polls,
      });
      if (mine.signal.aborted || !(await follow(answer))) return;
    } catch {
      if (mine.signal.aborted) return;
      notice(t("noteOffline"), "warn");
      await pause(2000);
    }
  }
}

/** Takes in one answer; tells whether to ask again. */
async function follow(answer) {
  if (answer === undefined || answer.status === 404) {
    // The demo was started anew since: what it remembered is gone.
    again();
    return false;
  }
  if (answer.status === 200) {
    state.etag = answer.headers.get("etag") ?? undefined;
    if (learn(answer.body)) notice();
    draw();
    if (!isOpen(answer.body) && isSheetOpen()) closeSheet();
    return isOpen(answer.body);
  }
  if (answer.status !== 304) {
    tellProblem(answer);
    await pause(1000 * (Number(answer.headers.get("retry-after")) || 2));
  }
  return true;
}

function again() {
  watching?.abort();
  leaveWebhooks();
  closeSheet();
  notice();
  forgetVerification();
  drawStart(facts.outcomes);
  draw();
}

async function open(inThisTab) {
  if (!state.credential) await start();
  const { credential } = state;
  if (!credential) return;
  notice();
  if (inThisTab) location.assign(credential.launchUrl);
  else if (credential.launchUrl) openSheet(credential.launchUrl, "web");
  else openSheet(`${facts.sdkUrl}#token=${encodeURIComponent(credential.sdkToken)}`, "sdk");
}

function leave() {
  closeSheet();
  if (state.view && canCapture(state.view)) report("cancelled", "USER_CANCELLED");
}

function next() {
  const { nextAction } = state.view;
  if (nextAction === "retry") {
    watching?.abort();
    start();
  } else {
    notice(t(nextAction === "contact_support" ? "supportSaid" : "doneSaid"));
  }
}

/** The words of the native SDK's result object, which the simulator's page speaks too. */
function sdkEnded({ status, errorCode }) {
  closeSheet();
  if (status === "COMPLETED") report("completed");
  else if (status === "NOT_COMPLETED") report("cancelled", "USER_CANCELLED");
  else report("failed", /^[A-Za-z0-9._-]{1,64}$/.test(errorCode) ? errorCode : undefined);
}

function browserReturned(outcome) {
  closeSheet();
  report(outcome === "success" ? "completed" : "failed");
}

function heard(event) {
  const data = event.data ?? {};
  if (!isFromSheet(event)) return;
  if (event.origin === location.origin && data.kind === "gerbang-demo-return") browserReturned(data.outcome);
  else if (event.origin === facts.sandbox && typeof data.status === "string") sdkEnded({ status: data.status, errorCode: data.extra?.errorCode });
}

function chooseLanguage(code) {
  state.language = code;
  save();
  speak(code);
  for (const button of document.querySelectorAll("[data-language]")) button.setAttribute("aria-pressed", String(button.dataset.language === code));
  drawStart(facts.outcomes);
  draw();
  drawInspector();
}

function listen() {
  const form = document.querySelector("#start");
  form.addEventListener("submit", (event) => { event.preventDefault(); start(); });
  form.addEventListener("input", (event) => {
    const { name, value, id } = event.target;
    if (name === "kind" || name === "channel") state[name] = value;
    else if (name === "contact") state[state.kind] = value;
    else if (id === "outcome") setDigits(value);
    contactError();
    save();
    drawStart(facts.outcomes);
  });
  const acts = { open: () => open(false), openHere: () => open(true), renew, again, next, close: leave };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do], [data-language], button[data-view]");
    if (button?.dataset.language) {
      chooseLanguage(button.dataset.language);
      // Reasons are worded by the gateway, in the language it is asked in.
      if (state.id) watch();
    } else if (button?.dataset.view) showView(button.dataset.view);
    else acts[button?.dataset.do]?.();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && isSheetOpen()) leave(); });
  window.addEventListener("message", heard);
  setInterval(tick, 1000);
}

/** On a narrow screen one of the two halves is shown. */
function showView(name) {
  document.body.dataset.view = name;
  for (const button of document.querySelectorAll("button[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === name));
}

/** Goes on where this tab was: after a reload, or on the way back from the provider's page. */
async function resume() {
  const returned = sessionStorage.getItem("gerbang-demo-return");
  sessionStorage.removeItem("gerbang-demo-return");
  if (!state.id) {
    if (returned) notice(t("noteElsewhere"));
    return;
  }
  if (returned) await report(returned === "success" ? "completed" : "failed");
  if (state.id && canCapture(state.view) && !returned) await start();
  else watch();
}

async function boot() {
  facts = await (await fetch("/demo/facts", { cache: "no-store" })).json();
  for (const element of document.querySelectorAll("[data-fact]")) element.textContent = facts[element.dataset.fact].replace("http://", "");
  restoreLog();
  startInspector(facts);
  showView("phone");
  chooseLanguage(state.language);
  listen();
  await resume();
}

boot();
