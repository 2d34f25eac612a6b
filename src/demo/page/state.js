// What the app knows, and what of it outlives a reload.
//
// The access token and the credential for the capture are secrets: they stay in memory. After a reload the app signs in
// again and asks the gateway to take the open verification up, which gives the credential again.

const SAVED = "gerbang-demo";
const FRESH = {
  language: navigator.language?.startsWith("en") ? "en" : "id",
  kind: "phone",
  phone: "6281200000000",
  email: "demo+00@partner.example",
  channel: "sdk",
  id: undefined,
  view: undefined,
  timeline: [],
};

export const state = { ...FRESH, ...saved(), session: undefined, credential: undefined, resumed: false, etag: undefined };

function saved() {
  try {
    return JSON.parse(sessionStorage.getItem(SAVED) ?? "{}");
  } catch {
    return {};
  }
}

export function save() {
  const kept = Object.fromEntries(Object.keys(FRESH).map((name) => [name, state[name]]));
  try {
    sessionStorage.setItem(SAVED, JSON.stringify(kept));
  } catch {
    // Without storage a reload starts over.
  }
}

/** Lets go of the verification; what the person typed stays. */
export function forgetVerification() {
  Object.assign(state, { id: undefined, view: undefined, timeline: [], credential: undefined, resumed: false, etag: undefined });
  save();
}

export function contact() {
  return state[state.kind].trim();
}

/** The last two digits of the contact, as the simulator reads them: of the phone, or of what stands before the `@`. */
export function digits() {
  const text = state.kind === "phone" ? contact() : contact().split("@")[0];
  return /\d\d$/.exec(text)?.[0];
}

/** Writes the last two digits of the contact. */
export function setDigits(two) {
  if (state.kind === "phone") {
    const phone = contact();
    state.phone = /\d{10,}$/.test(phone) ? phone.slice(0, -2) + two : `62812000000${two}`;
  } else {
    const [local, domain = "partner.example"] = contact().split("@");
    state.email = `${/\d\d$/.test(local) ? local.slice(0, -2) : `${local || "demo"}+`}${two}@${domain}`;
  }
  save();
}

/** Takes in a newer view of the verification; answers whether it says anything new. */
export function learn(view) {
  if (state.id !== view.id) Object.assign(state, { timeline: [], etag: undefined, view: undefined });
  if (state.view && view.revision < state.view.revision) return false;
  const last = state.timeline.at(-1);
  const isNew = last?.status !== view.status || last?.nextAction !== view.nextAction;
  if (isNew) state.timeline.push({ status: view.status, nextAction: view.nextAction, at: view.updatedAt ?? new Date().toISOString() });
  state.id = view.id;
  state.view = view;
  save();
  return isNew;
}

/** Whether the app still has something to wait for. What it does not know, it waits for. */
export function isOpen(view) {
  return !["retry", "contact_support", "none"].includes(view.nextAction);
}

export function canCapture(view) {
  return view.nextAction === "open_sdk" || view.nextAction === "open_web";
}
