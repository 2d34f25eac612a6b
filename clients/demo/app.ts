// The demo app's page: what happens when something is pressed, typed, or said by the provider's page.

import { all, find } from "./dom.js";
import { facts, learnFacts } from "./facts.js";
import { again, continueOnPhone, drawLink, expireToken, leave, next, open, refreshQr, renewByHand, report, resume, start, watch } from "./flow.js";
import { drawInspector, startInspector } from "./inspector.js";
import { contactError, draw, drawStart, tick } from "./phone.js";
import { restoreLog } from "./record.js";
import { closeCapture, fence, isFromCapture, isSheetOpen } from "./sheet.js";
import { save, setDigits, state } from "./state.js";
import { speak, type Language } from "./texts.js";

const ACTS: Record<string, () => void> = {
  open: () => void open(false),
  openHere: () => void open(true),
  qr: () => void continueOnPhone(),
  renew: () => void renewByHand(),
  expire: () => void expireToken(),
  again,
  next,
  close: leave,
};

/** The words of the native SDK's result object, which the simulator's page speaks too. */
function sdkEnded(status: string, errorCode: unknown): void {
  closeCapture();
  if (status === "COMPLETED") void report("completed");
  else if (status === "NOT_COMPLETED") void report("cancelled", "USER_CANCELLED");
  else void report("failed", /^[A-Za-z0-9._-]{1,64}$/.test(String(errorCode)) ? String(errorCode) : undefined);
}

function browserReturned(outcome: unknown): void {
  closeCapture();
  void report(outcome === "success" ? "completed" : "failed");
}

function heard(event: MessageEvent): void {
  if (!isFromCapture(event)) return;
  const data = event.data ?? {};
  if (event.origin === location.origin && data.kind === "gerbang-demo-return") browserReturned(data.outcome);
  else if (event.origin === facts.sandbox && typeof data.status === "string") sdkEnded(data.status, data.extra?.errorCode);
}

function chooseLanguage(code: Language): void {
  state.language = code;
  save();
  speak(code);
  for (const button of all("[data-language]")) button.setAttribute("aria-pressed", String(button.dataset["language"] === code));
  drawStart();
  draw();
  drawLink();
  drawInspector();
}

/** On a narrow screen one of the two halves is shown. */
function showView(name: string): void {
  document.body.dataset["view"] = name;
  for (const button of all("button[data-view]")) button.setAttribute("aria-pressed", String(button.dataset["view"] === name));
  fence();
}

function typed(event: Event): void {
  const { name, value, id } = event.target as HTMLInputElement;
  if (name === "kind") state.kind = value === "email" ? "email" : "phone";
  else if (name === "channel") state.channel = value === "web" ? "web" : "sdk";
  else if (name === "contact") state[state.kind] = value;
  else if (id === "outcome") setDigits(value);
  contactError();
  save();
  drawStart();
}

function pressed(event: MouseEvent): void {
  const button = (event.target as Element).closest<HTMLElement>("[data-do], [data-language], button[data-view]");
  const { language, view, do: act } = button?.dataset ?? {};
  if (language) {
    chooseLanguage(language === "en" ? "en" : "id");
    // Reasons are worded by the gateway, in the language it is asked in.
    void watch();
  } else if (view) showView(view);
  else if (act) ACTS[act]?.();
}

function listen(): void {
  const form = find("#start");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void start();
  });
  form.addEventListener("input", typed);
  document.addEventListener("click", pressed);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && (isSheetOpen("capture") || isSheetOpen("qr"))) leave();
  });
  window.addEventListener("message", heard);
  setInterval(() => {
    tick();
    void refreshQr();
  }, 1000);
}

async function boot(): Promise<void> {
  await learnFacts();
  for (const element of all("[data-fact]")) {
    const fact = element.dataset["fact"] as "page" | "gateway" | "sandbox";
    element.textContent = new URL(facts[fact]).host;
  }
  // Somebody may have typed before this script was there.
  state[state.kind] = find<HTMLInputElement>("#contact").value || state[state.kind];
  restoreLog();
  startInspector();
  showView("phone");
  chooseLanguage(state.language);
  listen();
  await resume();
}

void boot();
