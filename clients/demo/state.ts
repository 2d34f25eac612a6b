// What the app knows, and what of it outlives a reload.
//
// The access token and the credential for the capture are secrets: they stay in memory. After a reload the app signs in
// again and asks the gateway to take the open verification up, which gives the credential again.

import type { components } from "./schema.js";

export type Verification = components["schemas"]["Verification"];
export type Started = components["schemas"]["StartedVerification"];
export type Channel = components["schemas"]["Channel"];
/** A state of the verification: every answer has these, a start has no `reason` and no `updatedAt`. */
export type View = Started | Verification;

export interface Step {
  status: View["status"];
  nextAction: View["nextAction"];
  at: string;
}

interface Kept {
  language: "id" | "en";
  kind: "phone" | "email";
  phone: string;
  email: string;
  channel: Channel;
  /** The contact that started. Another may have been typed in since. */
  user: string | undefined;
  view: View | undefined;
  timeline: Step[];
}

interface State extends Kept {
  credential: Started | undefined;
  resumed: boolean;
}

const SAVED = "gerbang-demo";
const FRESH: Kept = {
  language: navigator.language.startsWith("en") ? "en" : "id",
  kind: "phone",
  phone: "6281200000000",
  email: "demo+00@partner.example",
  channel: "sdk",
  user: undefined,
  view: undefined,
  timeline: [],
};

export const state: State = { ...FRESH, ...saved(), credential: undefined, resumed: false };

function saved(): Partial<Kept> {
  try {
    return JSON.parse(sessionStorage.getItem(SAVED) ?? "{}");
  } catch {
    return {};
  }
}

export function save(): void {
  const { language, kind, phone, email, channel, user, view, timeline } = state;
  const kept: Kept = { language, kind, phone, email, channel, user, view: view && withoutCredential(view), timeline };
  try {
    sessionStorage.setItem(SAVED, JSON.stringify(kept));
  } catch {
    // Without storage a reload starts over.
  }
}

function withoutCredential(view: View): View {
  const { sdkToken: _, launchUrl: __, ...rest } = { sdkToken: "", launchUrl: "", ...view };
  return rest;
}

/** Lets go of the verification; what the person typed stays. */
export function forgetVerification(): void {
  Object.assign(state, { user: undefined, view: undefined, timeline: [], credential: undefined, resumed: false });
  save();
}

export function contact(): string {
  return state[state.kind].trim();
}

/** In whose name to ask: of whoever started, and before that of whoever is typed in. */
export function user(): string {
  return state.user ?? contact();
}

/** The last two digits of the contact, as the simulator reads them: of the phone, or of what stands before the `@`. */
export function digits(): string | undefined {
  const text = state.kind === "phone" ? contact() : contact().split("@")[0] ?? "";
  return /\d\d$/.exec(text)?.[0];
}

/** Writes the last two digits of the contact. */
export function setDigits(two: string): void {
  if (state.kind === "phone") {
    const phone = contact();
    state.phone = /\d{10,}$/.test(phone) ? phone.slice(0, -2) + two : `62812000000${two}`;
  } else {
    const [local = "", domain = "partner.example"] = contact().split("@");
    state.email = `${/\d\d$/.test(local) ? local.slice(0, -2) : `${local || "demo"}+`}${two}@${domain}`;
  }
  save();
}

/** Takes up `owner`'s verification in the place of the one before. */
export function takeUp(started: Started, owner: string): void {
  if (state.view?.id !== started.id) Object.assign(state, { timeline: [], view: started });
  state.user = owner;
  learn(started);
}

/** Takes in a newer view of the verification, and of no other. */
export function learn(view: View): void {
  if (state.view?.id !== view.id || view.revision < state.view.revision) return;
  const last = state.timeline.at(-1);
  if (last?.status !== view.status || last.nextAction !== view.nextAction) {
    const at = "updatedAt" in view ? view.updatedAt : new Date().toISOString();
    state.timeline.push({ status: view.status, nextAction: view.nextAction, at });
  }
  state.view = view;
  save();
}

/** Whether the app still has something to wait for. What it does not know, it waits for. */
export function isOpen(view: View): boolean {
  return !["retry", "contact_support", "none"].includes(view.nextAction);
}

export function canCapture(view: View): boolean {
  return view.nextAction === "open_sdk" || view.nextAction === "open_web";
}

/** Whether the credential at hand is good for a capture that begins now. */
export function isFresh(credential: Started): boolean {
  return credential.tokenExpiresAt === undefined || Date.parse(credential.tokenExpiresAt) > Date.now();
}
