// Draws the record of calls: each request and answer with what matters of it, and as a line for a shell.

import { all, find, make } from "./dom.js";
import { facts } from "./facts.js";
import { askAsBackEnd } from "./gateway.js";
import { asCurl, clearLog, log, masked, maskedHeaders, onChange, type Entry, type Side } from "./record.js";
import { state } from "./state.js";
import { clock, t } from "./texts.js";

/** Those that are open without anybody having opened them. */
const UNTOUCHED = "details[open]:not([data-kept])";
/** How near to the end a reader follows what comes. */
const NEAR = 80;

const list = find("#log");
const reveal = find<HTMLInputElement>("#reveal");
const drawn = new Map<string, HTMLElement>();
/** Whose answer said something last: a stream says more than once. */
let newest: Entry | undefined;

export function startInspector(): void {
  newest = log.findLast((entry) => !entry.incoming);
  onChange((entry) => {
    if (entry?.answer && !entry.incoming) newest = entry;
    if (entry) drawEntry(entry);
    else drawInspector();
  });
  reveal.addEventListener("change", drawInspector);
  find("[data-do=clear]").addEventListener("click", clearLog);
  find("[data-do=backend]").addEventListener("click", () => {
    if (state.view) void askAsBackEnd(state.view.id);
  });
}

export function drawInspector(): void {
  drawn.clear();
  list.replaceChildren();
  for (const entry of log) drawEntry(entry);
  drawTools();
}

function drawTools(): void {
  find("#empty").hidden = log.length > 0;
  find("#count").textContent = String(log.length);
  find<HTMLButtonElement>("[data-do=backend]").disabled = !state.view;
}

function drawEntry(entry: Entry): void {
  // A repeated answer takes the place of the one before it.
  for (const [id, element] of drawn) {
    if (!log.some((one) => one.id === id)) {
      element.remove();
      drawn.delete(id);
    }
  }
  const follows = isFollowing();
  const before = drawn.get(entry.id);
  const element = item(entry, before);
  // The newest answer is open; those that nobody opened by hand give way.
  if (entry.answer && !entry.incoming) for (const other of all(UNTOUCHED, list)) (other as HTMLDetailsElement).open = false;
  if (before) before.replaceWith(element);
  else list.append(element);
  drawn.set(entry.id, element);
  drawTools();
  if (follows) {
    // As far down as the newest answer can still be read from its beginning.
    const open = list.querySelector<HTMLElement>(UNTOUCHED) ?? element;
    list.scrollTop = open.offsetTop - list.offsetTop - 6;
  }
}

/** Whether the reader is at the end of the record, and not looking something up further above. */
function isFollowing(): boolean {
  const open = list.querySelector<HTMLElement>(UNTOUCHED);
  const bottom = list.scrollHeight - list.scrollTop - list.clientHeight;
  return bottom < NEAR || (open !== null && Math.abs(open.offsetTop - list.offsetTop - 6 - list.scrollTop) < NEAR);
}

function item(entry: Entry, before: HTMLElement | undefined): HTMLElement {
  const old = before?.querySelector("details");
  const details = make("details", { open: old?.dataset["kept"] ? old.open : entry === newest });
  if (old?.dataset["kept"]) details.dataset["kept"] = "yes";
  const { method, path } = entry.request;
  const came = entry.incoming ? [make("span", { className: "came" }, t("toBackEnd"))] : [];
  const summary = make("summary", {},
    make("span", { className: "line" }, ...came, make("b", { className: "method", data: { method } }, method), make("span", { className: "path" }, path), badge(entry)),
    make("span", { className: "label" }, `${clock(entry.at)} · ${t(entry.label)}${news(entry)}`));
  summary.addEventListener("click", () => { details.dataset["kept"] = "yes"; });
  details.append(summary, part(t("request"), entry.request));
  if (entry.answer) details.append(part(t("response"), entry.answer));
  // What came cannot be sent again by hand: its signature is the gateway's.
  if (!entry.incoming) details.append(copyButton(entry));
  return make("li", { data: { state: entry.state } }, details);
}

/** What a webhook tells, in a word. */
function news({ incoming, request }: Entry): string {
  const body = request.body as { data?: { status?: string } } | undefined;
  return incoming ? `: ${body?.data?.status ?? ""}` : "";
}

function badge(entry: Entry): HTMLElement {
  const { answer, state: at, took } = entry;
  if (at === "open" || (at !== "lost" && answer === undefined)) return make("span", { className: "badge is-open" }, t("waitingFor"));
  if (at === "lost" || answer === undefined) return make("span", { className: "badge", data: { class: "5" } }, t("unreachable"));
  const { status, statusText } = answer;
  const data = { class: String(status).charAt(0) };
  if (at === "told") return make("span", { className: "badge is-open", data }, `${status} ${t("waitingStream")}`);
  const times = entry.count > 1 ? ` ${t("times", { count: entry.count })}` : "";
  if (took === undefined) return make("span", { className: "badge", data }, String(status));
  const after = at === "left" ? t("leftStream") : took >= 1000 ? `${(took / 1000).toFixed(1)} s` : `${took} ms`;
  return make("span", { className: "badge", data, title: statusText }, `${status}${times}`, make("small", {}, after));
}

function part(title: string, { headers, body }: Side): HTMLElement {
  const shown = reveal.checked ? headers : maskedHeaders(headers);
  const lines = make("dl", { className: "headers" }, ...shown.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  const json = body === undefined ? make("p", { className: "nobody" }, t("noBody")) : make("pre", {}, ...colored(reveal.checked ? body : masked(body)));
  return make("section", {}, make("h3", {}, title), ...(shown.length > 0 ? [lines] : []), json);
}

/** JSON as coloured pieces of text. */
function colored(value: unknown): (string | HTMLElement)[] {
  const isText = typeof value === "string";
  const text = isText ? value.trimEnd() : JSON.stringify(value, null, 2);
  const pieces: (string | HTMLElement)[] = [];
  const pattern = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    const between = text.slice(at, match.index);
    // JSON on one line is broken behind its members.
    if (isText && between.startsWith(",")) pieces.push(",", make("wbr"), between.slice(1));
    else pieces.push(between);
    const kind = match[2] ? "key" : match[1] ? "string" : "value";
    pieces.push(make("span", { className: kind }, match[1] ?? match[0]), match[2] ?? "");
    at = match.index + match[0].length;
  }
  pieces.push(text.slice(at));
  return pieces;
}

function copyButton(entry: Entry): HTMLElement {
  const button = make("button", { type: "button", className: "copy" }, t("copyCurl"));
  button.addEventListener("click", async () => {
    const base = entry.request.path.startsWith("/v1/") ? facts.gateway : facts.page;
    await navigator.clipboard.writeText(asCurl(entry, base));
    button.textContent = t("copied");
    setTimeout(() => { button.textContent = t("copyCurl"); }, 2000);
  });
  return button;
}
