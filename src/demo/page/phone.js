// Draws the app's three screens from the state; decides nothing.
//
// Screens follow `nextAction`, headlines follow `status`, and reasons are shown as the gateway words them.

import { canCapture, digits, isOpen, state } from "./state.js";
import { clock, left, outcomeGroup, outcomeName, t } from "./texts.js";
import { mask } from "./wire.js";

const find = (selector) => document.querySelector(selector);
let shown;

/** Makes an element with text or children; never from markup, so nothing that was received can become any. */
export function make(tag, properties = {}, ...children) {
  const { data = {}, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, data);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

export function drawStart(outcomes) {
  const phone = state.kind === "phone";
  const input = find("#contact");
  find("#contact-label").textContent = t(phone ? "phoneLabelField" : "emailLabelField");
  input.type = phone ? "tel" : "email";
  input.inputMode = phone ? "tel" : "email";
  if (input.value !== state[state.kind]) input.value = state[state.kind];
  for (const radio of document.querySelectorAll("[name=kind]")) radio.checked = radio.value === state.kind;
  for (const radio of document.querySelectorAll("[name=channel]")) radio.checked = radio.value === state.channel;

  const groups = new Map();
  for (const row of outcomes) {
    const name = outcomeGroup(row.digits);
    if (!groups.has(name)) groups.set(name, make("optgroup", { label: name }));
    groups.get(name).append(make("option", { value: row.digits }, `${row.digits} · ${outcomeName(row)}`));
  }
  const listed = outcomes.find((row) => row.digits === digits());
  find("#outcome").replaceChildren(...groups.values());
  find("#outcome").value = listed?.digits ?? outcomes[0]?.digits ?? "";
  find("#outcome-hint").textContent = listed ? t("outcomeHint", { digits: listed.digits }) : t("outcomeOther");
}

export function contactError(text) {
  const error = find("#contact-error");
  error.hidden = !text;
  error.textContent = text ?? "";
  find("#contact").setAttribute("aria-invalid", text ? "true" : "false");
}

export function busy(isBusy) {
  const button = find("#start [type=submit]");
  button.disabled = isBusy;
  button.textContent = t(isBusy ? "starting" : "start");
}

export function notice(text, tone = "calm") {
  const element = find("#notice");
  element.hidden = !text;
  element.textContent = text ?? "";
  element.dataset.tone = tone;
}

/** Shows the screen that the state asks for. */
export function draw() {
  const { view } = state;
  const screen = view === undefined ? "start" : canCapture(view) ? "capture" : "result";
  for (const section of document.querySelectorAll("[data-screen]")) section.hidden = section.dataset.screen !== screen;
  const order = ["start", "capture", "result"];
  for (const step of document.querySelectorAll("[data-step]")) {
    const place = order.indexOf(step.dataset.step) - order.indexOf(screen);
    const isDone = place < 0 || (place === 0 && screen === "result" && !isOpen(view));
    step.dataset.place = isDone ? "past" : place === 0 ? "now" : "ahead";
    if (place === 0) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
  if (screen === "capture") drawCapture(view);
  if (screen === "result") drawResult(view);
  if (shown !== undefined && shown !== screen) find(`[data-screen=${screen}] h2`).focus({ preventScroll: true });
  shown = screen;
}

function drawCapture(view) {
  const web = view.channel === "web";
  find("#capture-text").textContent = t(web ? "captureWeb" : "captureSdk");
  find("[data-screen=capture] [data-do=open]").textContent = t(web ? "openWeb" : "openSdk");
  find("[data-do=openHere]").hidden = !web;
  find("#resumed").hidden = !state.resumed;
  const { credential } = state;
  const rows = [];
  if (credential) {
    rows.push(web ? secret("fieldUrl", credential.launchUrl) : secret("fieldToken", credential.sdkToken));
    for (const [name, value] of Object.entries(credential.sdk ?? {})) rows.push(row(`sdk.${name}`, make("code", {}, value)));
    rows.push(row("tokenExpiresAt", countdown(credential.tokenExpiresAt)));
  }
  rows.push(row("expiresAt", countdown(view.expiresAt)));
  find("#credential").replaceChildren(...rows.flat());
}

function row(name, value) {
  return [make("dt", {}, name), make("dd", {}, value)];
}

function countdown(time) {
  const rest = make("small", { data: { left: time } }, t("in", { time: left(time) }));
  return make("span", {}, make("time", { dateTime: time }, t("until", { time: clock(time) })), " ", rest);
}

/** Keeps the countdowns on the screen going. */
export function tick() {
  for (const element of document.querySelectorAll("[data-left]")) element.textContent = t("in", { time: left(element.dataset.left) });
}

function secret(name, value) {
  const text = make("code", { className: "secret" }, mask(value));
  const button = (label, act) => {
    const element = make("button", { type: "button", className: "small" }, t(label));
    element.setAttribute("aria-label", `${t(label)}: ${t(name)}`);
    element.addEventListener("click", () => act(element));
    return element;
  };
  const reveal = button("show", (element) => {
    const hidden = text.textContent !== value;
    text.textContent = hidden ? value : mask(value);
    element.textContent = t(hidden ? "hide" : "show");
  });
  const copy = button("copy", async (element) => {
    await navigator.clipboard.writeText(value);
    element.textContent = t("copied");
  });
  return row(t(name), make("span", { className: "secretrow" }, text, make("span", { className: "pair" }, reveal, copy)));
}

/** The name of a state: its status, and for `pending` what is to be done. */
function face(view) {
  if (view.status === "pending") return view.nextAction === "wait" ? "Captured" : "Pending";
  return { processing: "Processing", partially_completed: "Partial", approved: "Approved", rejected: "Rejected", failed: "Failed", expired: "Expired" }[view.status] ?? "Processing";
}

const TONES = { Approved: "good", Rejected: "bad", Failed: "warn", Expired: "warn", Partial: "near", Pending: "near" };

function drawResult(view) {
  const name = face(view);
  find("#verdict").dataset.tone = TONES[name] ?? "wait";
  // Only touched when it changes, so that a screen reader says it once.
  put("#headline", t(`head${name}`));
  put("#explanation", view.reason ? because(view.reason, t(`head${name}`)) : t(`text${name}`));

  const steps = state.timeline.map((step) => make("li", { data: { tone: TONES[face(step)] ?? "wait" } },
    make("span", { className: "what" }, t(`step${face(step)}`)), make("code", {}, step.status), make("time", { dateTime: step.at }, clock(step.at))));
  if (isOpen(view)) steps.push(make("li", { className: "ahead" }, make("span", { className: "what" }, t("verdictAhead")), make("span", { className: "dots" }, t("waiting"))));
  find("#timeline").replaceChildren(...steps);

  const next = find("[data-do=next]");
  const label = { retry: "retry", contact_support: "support", none: "done" }[view.nextAction];
  next.hidden = label === undefined;
  if (label) next.textContent = t(label);
}

/** The gateway's words; its title only where the headline does not say the same. */
function because({ title, message }, headline) {
  return title === headline ? message : `${title}. ${message}`;
}

function put(selector, text) {
  const element = find(selector);
  if (element.textContent !== text) element.textContent = text;
}

/** Opens the provider's capture inside the app, as a web view would. */
export function openSheet(address, channel) {
  const old = find("#frame");
  const frame = old.cloneNode();
  frame.src = address;
  old.replaceWith(frame);
  find("#sheet-title").textContent = t(channel === "web" ? "sheetWeb" : "sheetSdk");
  find("#sheet").hidden = false;
  find("[data-do=close]").focus();
}

export function closeSheet() {
  const old = find("#frame");
  const frame = old.cloneNode();
  frame.removeAttribute("src");
  old.replaceWith(frame);
  find("#sheet").hidden = true;
}

export function isSheetOpen() {
  return !find("#sheet").hidden;
}

export function isFromSheet(event) {
  return isSheetOpen() && event.source === find("#frame").contentWindow;
}
