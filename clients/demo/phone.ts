// Draws the app's three screens from the state; decides nothing.
//
// Screens follow `nextAction`, headlines follow `status`, and reasons are shown as the gateway words them.

import { all, find, make, put } from "./dom.js";
import { facts } from "./facts.js";
import { row, secret } from "./secret.js";
import { closeQr } from "./sheet.js";
import { canCapture, digits, isOpen, state, type Step, type View } from "./state.js";
import { clock, left, outcomeGroup, outcomeName, t } from "./texts.js";

type Screen = "start" | "capture" | "result";
type Face = "Pending" | "Captured" | "Processing" | "Partial" | "Approved" | "Rejected" | "Failed" | "Expired";

const SCREENS: Screen[] = ["start", "capture", "result"];
const FACES: Record<View["status"], Face> = {
  pending: "Pending",
  processing: "Processing",
  partially_completed: "Partial",
  approved: "Approved",
  rejected: "Rejected",
  failed: "Failed",
  expired: "Expired",
};
const TONES: Partial<Record<Face, string>> = { Approved: "good", Rejected: "bad", Failed: "warn", Expired: "warn", Partial: "near", Pending: "near" };

let shown: Screen | undefined;

export function drawStart(): void {
  const isPhone = state.kind === "phone";
  const input = find<HTMLInputElement>("#contact");
  find("#contact-label").textContent = t(isPhone ? "phoneLabelField" : "emailLabelField");
  input.type = isPhone ? "tel" : "email";
  input.inputMode = isPhone ? "tel" : "email";
  if (input.value !== state[state.kind]) input.value = state[state.kind];
  for (const radio of document.querySelectorAll<HTMLInputElement>("[name=kind]")) radio.checked = radio.value === state.kind;
  for (const radio of document.querySelectorAll<HTMLInputElement>("[name=channel]")) radio.checked = radio.value === state.channel;

  const groups = new Map<string, HTMLOptGroupElement>();
  for (const outcome of facts.outcomes) {
    const label = outcomeGroup(outcome.digits);
    const group = groups.get(label) ?? make("optgroup", { label });
    groups.set(label, group);
    group.append(make("option", { value: outcome.digits }, `${outcome.digits} · ${outcomeName(outcome)}`));
  }
  const listed = facts.outcomes.find((outcome) => outcome.digits === digits());
  find("#outcome").replaceChildren(...groups.values());
  find<HTMLSelectElement>("#outcome").value = listed?.digits ?? facts.outcomes[0]?.digits ?? "";
  find("#outcome-hint").textContent = listed ? t("outcomeHint", { digits: listed.digits }) : t("outcomeOther");
}

export function contactError(text?: string): void {
  const error = find("#contact-error");
  error.hidden = !text;
  error.textContent = text ?? "";
  find("#contact").setAttribute("aria-invalid", text ? "true" : "false");
}

/** A button that works is not disabled, which would take the focus away; it says so, and does nothing. */
export function busy(isBusy: boolean): void {
  const button = find("#start [type=submit]");
  button.setAttribute("aria-disabled", String(isBusy));
  button.textContent = t(isBusy ? "starting" : "start");
}

/** The line above the screen. It is always there, so that a screen reader listens to it before it speaks. */
export function notice(text = "", tone: "calm" | "warn" = "calm"): void {
  put("#notice", text);
  find("#notice").dataset["tone"] = tone;
}

/** Shows the screen that the state asks for. */
export function draw(): void {
  const { view } = state;
  const screen: Screen = view === undefined ? "start" : canCapture(view) ? "capture" : "result";
  for (const section of all("[data-screen]")) section.hidden = section.dataset["screen"] !== screen;
  drawSteps(screen, view);
  if (screen !== "capture") closeQr();
  if (view && screen === "capture") drawCapture(view);
  if (view && screen === "result") drawResult(view);
  if (shown !== undefined && shown !== screen) find(`[data-screen=${screen}] h2`).focus({ preventScroll: true });
  shown = screen;
}

function drawSteps(screen: Screen, view: View | undefined): void {
  for (const [number, step] of all("[data-step]").entries()) {
    const place = number - SCREENS.indexOf(screen);
    const isDone = place < 0 || (place === 0 && screen === "result" && view !== undefined && !isOpen(view));
    step.dataset["place"] = isDone ? "past" : place === 0 ? "now" : "ahead";
    if (place === 0) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
}

function drawCapture(view: View): void {
  const isWeb = view.channel === "web";
  find("#capture-text").textContent = t(isWeb ? "captureWeb" : "captureSdk");
  find("[data-screen=capture] [data-do=open]").textContent = t(isWeb ? "openWeb" : "openSdk");
  for (const name of ["openHere", "qr"]) find(`[data-do=${name}]`).hidden = !isWeb;
  find("#resumed").hidden = !state.resumed;
  const { launchUrl, sdkToken, sdk, tokenExpiresAt } = state.credential ?? {};
  const rows = [];
  if (launchUrl) rows.push(secret("fieldUrl", launchUrl));
  if (sdkToken) rows.push(secret("fieldToken", sdkToken));
  for (const [name, value] of Object.entries(sdk ?? {})) rows.push(row(`sdk.${name}`, make("code", {}, String(value))));
  if (tokenExpiresAt) rows.push(row("tokenExpiresAt", countdown(tokenExpiresAt)));
  rows.push(row("expiresAt", countdown(view.expiresAt)));
  find("#credential").replaceChildren(...rows.flat());
}

function countdown(time: string): HTMLElement {
  const rest = make("small", { data: { left: time } }, left(time));
  return make("span", {}, make("time", { dateTime: time }, t("until", { time: clock(time) })), " ", rest);
}

/** Keeps the countdowns on the screen going. */
export function tick(): void {
  for (const element of all("[data-left]")) element.textContent = left(element.dataset["left"] ?? "");
}

/** The name of a state: its status, and for `pending` what is to be done. One that came later is one to wait at. */
function face(step: { status: Step["status"]; nextAction: Step["nextAction"] }): Face {
  if (step.status === "pending" && step.nextAction === "wait") return "Captured";
  return FACES[step.status] ?? "Processing";
}

function drawResult(view: View): void {
  const name = face(view);
  find("#verdict").dataset["tone"] = TONES[name] ?? "wait";
  const headline = t(`head${name}`);
  const reason = "reason" in view ? view.reason : undefined;
  put("#headline", headline);
  // The gateway's words; its title only where the headline does not say the same.
  put("#explanation", reason ? (reason.title === headline ? reason.message : `${reason.title}. ${reason.message}`) : t(`text${name}`));

  const steps = state.timeline.map((step) => make("li", { data: { tone: TONES[face(step)] ?? "wait" } },
    make("span", { className: "what" }, t(`step${face(step)}`)), make("code", {}, step.status), make("time", { dateTime: step.at }, clock(step.at))));
  if (isOpen(view)) {
    steps.push(make("li", { className: "ahead" }, make("span", { className: "what" }, t("verdictAhead")), make("span", { className: "dots" }, t("waiting"))));
  }
  find("#timeline").replaceChildren(...steps);

  const next = find("[data-do=next]");
  const label = ({ retry: "retry", contact_support: "support", none: "done" } as const)[view.nextAction as "retry"];
  next.hidden = label === undefined;
  if (label) next.textContent = t(label);
}
