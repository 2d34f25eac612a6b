// A secret on the screen: its beginning, until somebody asks for all of it.

import { make } from "./dom.js";
import { mask } from "./record.js";
import { t, type Word } from "./texts.js";

/** A row of a list: the name, the masked value, and buttons to see and to copy it. */
export function secret(name: Word, value: string): HTMLElement[] {
  const text = make("code", { className: "secret" }, mask(value));
  const button = (label: Word, act: (element: HTMLElement) => void): HTMLElement => {
    const element = make("button", { type: "button", className: "small" }, t(label));
    element.setAttribute("aria-label", `${t(label)}: ${t(name)}`);
    element.addEventListener("click", () => act(element));
    return element;
  };
  const say = (element: HTMLElement, label: Word): void => {
    element.textContent = t(label);
    element.setAttribute("aria-label", `${t(label)}: ${t(name)}`);
  };
  const reveal = button("show", (element) => {
    const isHidden = text.textContent !== value;
    text.textContent = isHidden ? value : mask(value);
    // Long ones are scrolled, which has to be possible by keyboard.
    text.tabIndex = isHidden ? 0 : -1;
    say(element, isHidden ? "hide" : "show");
  });
  const copy = button("copy", async (element) => {
    await navigator.clipboard.writeText(value);
    say(element, "copied");
  });
  return row(t(name), make("span", { className: "secretrow" }, text, make("span", { className: "pair" }, reveal, copy)));
}

export function row(name: string, value: Node): HTMLElement[] {
  return [make("dt", {}, name), make("dd", {}, value)];
}
