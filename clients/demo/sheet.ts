// What covers the app's screen for a while: the provider's capture, and the code for a phone.
//
// What it hides can be neither focused nor read meanwhile; afterwards the focus is where it was. On a narrow screen it
// hides all of the page.

import { all, find, make } from "./dom.js";
import { qr } from "./qr.js";
import { secret } from "./secret.js";
import type { Channel } from "./state.js";
import { t } from "./texts.js";

type Sheet = "capture" | "qr";

/** As the style sheets have it. */
const NARROW = matchMedia("(max-width: 959px)");
NARROW.addEventListener("change", fence);

let opener: Element | null = null;

export function isSheetOpen(sheet: Sheet): boolean {
  return !find(`#${sheet}-sheet`).hidden;
}

function cover(sheet: Sheet): void {
  opener = document.activeElement;
  find(`#${sheet}-sheet`).hidden = false;
  fence();
  find(`#${sheet}-sheet [data-do]`).focus();
}

function uncover(sheet: Sheet): void {
  if (!isSheetOpen(sheet)) return;
  find(`#${sheet}-sheet`).hidden = true;
  fence();
  const isThere = opener instanceof HTMLElement && opener.checkVisibility();
  const target = isThere ? (opener as HTMLElement) : find("[data-screen]:not([hidden]) h2");
  target.focus({ preventScroll: true });
}

/** Keeps everybody out of what the open sheet hides, and lets them in again. */
export function fence(): void {
  const sheet = document.querySelector<HTMLElement>(".sheet:not([hidden])");
  // One that is open in the half that is not shown hides nothing.
  const isAlone = NARROW.matches && sheet?.checkVisibility() === true;
  for (const below of find(".screen").children) (below as HTMLElement).inert = sheet !== null && below !== sheet;
  for (const beside of all(".skip, .top, .inspector, .switch")) beside.inert = isAlone;
  sheet?.setAttribute("aria-modal", String(isAlone));
}

/** Opens the provider's capture inside the app, as a web view would. */
export function openCapture(address: string, channel: Channel): void {
  load(address);
  find("#capture-title").textContent = t(channel === "web" ? "sheetWeb" : "sheetSdk");
  cover("capture");
}

export function closeCapture(): void {
  if (!isSheetOpen("capture")) return;
  load(undefined);
  uncover("capture");
}

/** A frame of its own for each address: one that is led elsewhere would leave its way in the tab's history. */
function load(address: string | undefined): void {
  const old = find<HTMLIFrameElement>("#frame");
  const frame = old.cloneNode() as HTMLIFrameElement;
  if (address === undefined) frame.removeAttribute("src");
  else frame.src = address;
  old.replaceWith(frame);
}

export function isFromCapture(event: MessageEvent): boolean {
  return isSheetOpen("capture") && event.source === find<HTMLIFrameElement>("#frame").contentWindow;
}

/** Shows the address as a code for a phone's camera, and as text for whoever has none. */
export function openQr(address: string): void {
  find("#qr-code").replaceChildren(qr(address, t("qrAlt")));
  find("#qr-address").replaceChildren(...secret("fieldUrl", address));
  if (!isSheetOpen("qr")) cover("qr");
}

/** Takes away the code that leads nowhere any more, until there is another. */
export function expireQr(): void {
  if (all("#qr-code svg").length === 0) return;
  find("#qr-code").replaceChildren(make("p", {}, t("qrExpired")));
  find("#qr-address").replaceChildren();
}

export function closeQr(): void {
  uncover("qr");
  find("#qr-code").replaceChildren();
  find("#qr-address").replaceChildren();
}
