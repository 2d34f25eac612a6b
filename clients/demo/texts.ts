// Chooses words, writes them into the page, and puts times into words.

import { all } from "./dom.js";
import type { Outcome } from "./facts.js";
import { en } from "./words.en.js";
import { id } from "./words.id.js";

/** The name of a text. */
export type Word = { [W in keyof typeof id]: (typeof id)[W] extends string ? W : never }[keyof typeof id];
export type Language = "id" | "en";

/** From here on days are counted instead of seconds. */
const FAR = 172_800_000;

const languages = { id, en };
let current: Language = "id";

export function language(): Language {
  return current;
}

/** Chooses the language and fills in every marked word of the document. */
export function speak(code: Language): void {
  current = code;
  document.documentElement.lang = current;
  for (const element of all("[data-t]")) element.textContent = t(element.dataset["t"] as Word);
  for (const element of all("[data-t-label]")) element.setAttribute("aria-label", t(element.dataset["tLabel"] as Word));
  for (const element of all("[data-t-title]")) element.title = t(element.dataset["tTitle"] as Word);
}

/** The text of a name, with `{…}` replaced by the given values. */
export function t(name: Word, values: Record<string, string | number> = {}): string {
  return languages[current][name].replace(/\{(\w+)\}/g, (whole: string, key: string) => String(values[key] ?? whole));
}

/** What an outcome of the simulator is called; its own summary when it is new to this page. */
export function outcomeName(row: Outcome): string {
  const names: Record<string, string> = languages[current].outcomes;
  return names[row.name] ?? row.summary;
}

/** What a group of outcomes is called, by the first of their digits. */
export function outcomeGroup(digits: string): string {
  const first = digits[0] === "2" ? "1" : digits[0];
  const groups: Record<string, string> = languages[current].groups;
  return groups[first ?? ""] ?? "";
}

const region = (): string => (current === "id" ? "id-ID" : "en-GB");

/** The time of day; the day instead when it is far. */
export function clock(time: string | number): string {
  const date = new Date(time);
  return date.getTime() - Date.now() > FAR ? date.toLocaleDateString(region(), { dateStyle: "medium" }) : date.toLocaleTimeString(region());
}

/** The full minute in so many seconds, and its day of the week: it may be tomorrow's. */
export function minuteIn(seconds: number): { day: string; time: string } {
  const date = new Date(Math.ceil(Date.now() / 60_000 + seconds / 60) * 60_000);
  const time = date.toLocaleTimeString(region(), { hour: "2-digit", minute: "2-digit" });
  return { day: date.toLocaleDateString(region(), { weekday: "long" }), time };
}

/** How long until `time`, such as `14:59`; days when it is far. */
export function left(time: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(time) - Date.now()) / 1000));
  if (seconds === 0) return t("over");
  if (seconds * 1000 >= FAR) {
    const days = new Intl.NumberFormat(current, { style: "unit", unit: "day", unitDisplay: "long" });
    return t("in", { time: days.format(Math.round(seconds / 86_400)) });
  }
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (parts[0] === 0) parts.shift();
  return t("in", { time: parts.map((part, place) => (place === 0 ? String(part) : String(part).padStart(2, "0"))).join(":") });
}
