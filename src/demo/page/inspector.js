// Draws the record of calls: each request and answer with what matters of it, and as a line for a shell.

import { make } from "./phone.js";
import { state } from "./state.js";
import { clock, t } from "./texts.js";
import { asCurl, call, clearLog, log, masked, maskedHeaders, onChange } from "./wire.js";

const list = document.querySelector("#log");
const reveal = document.querySelector("#reveal");
const drawn = new Map();
let facts;

export function startInspector(known) {
  facts = known;
  onChange((entry) => (entry ? drawEntry(entry) : drawInspector()));
  reveal.addEventListener("change", drawInspector);
  document.querySelector("[data-do=clear]").addEventListener("click", clearLog);
  document.querySelector("[data-do=backend]").addEventListener("click", askAsBackend);
}

export function drawInspector() {
  drawn.clear();
  list.replaceChildren();
  for (const entry of log) drawEntry(entry);
  drawTools();
}

function drawTools() {
  document.querySelector("#empty").hidden = log.length > 0;
  document.querySelector("#count").textContent = String(log.length);
  document.querySelector("[data-do=backend]").disabled = !state.id;
}

function drawEntry(entry) {
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
  if (entry.answer && !entry.incoming) for (const other of list.querySelectorAll("details[open]:not([data-kept])")) other.open = false;
  if (before) before.replaceWith(element);
  else list.append(element);
  drawn.set(entry.id, element);
  drawTools();
  if (follows) {
    // As far down as the newest answer can still be read from its beginning.
    const newest = list.querySelector("details[open]:not([data-kept])") ?? element;
    list.scrollTop = newest.offsetTop - list.offsetTop - 6;
  }
}

/** Whether the reader is at the end of the record, and not looking something up further above. */
function isFollowing() {
  const newest = list.querySelector("details[open]:not([data-kept])");
  const bottom = list.scrollHeight - list.scrollTop - list.clientHeight;
  return bottom < 80 || (newest !== null && Math.abs(newest.offsetTop - list.offsetTop - 6 - list.scrollTop) < 80);
}

function item(entry, before) {
  const old = before?.querySelector("details");
  const isNewest = !entry.incoming && log.findLast((one) => one.answer && !one.incoming) === entry;
  const details = make("details", { open: old?.dataset.kept ? old.open : isNewest });
  if (old?.dataset.kept) details.dataset.kept = "yes";
  const { method, path } = entry.request;
  const came = entry.incoming ? [make("span", { className: "came" }, t("toBackEnd"))] : [];
  const summary = make("summary", {},
    make("span", { className: "line" }, ...came, make("b", { className: "method", data: { method } }, method), make("span", { className: "path" }, path), badge(entry)),
    make("span", { className: "label" }, `${clock(entry.at)} · ${t(entry.label)}${entry.incoming ? `: ${entry.request.body.data.status}` : ""}`));
  summary.addEventListener("click", () => { details.dataset.kept = "yes"; });
  details.append(summary, part(t("request"), entry.request));
  if (entry.answer) details.append(part(t("response"), entry.answer));
  // What came cannot be sent again by hand: its signature is the gateway's.
  if (!entry.incoming) details.append(copyButton(entry));
  return make("li", { data: { state: entry.state } }, details);
}

function badge(entry) {
  if (entry.state === "open") return make("span", { className: "badge is-open" }, t("waitingFor"));
  if (entry.state === "lost") return make("span", { className: "badge", data: { class: "5" } }, t("unreachable"));
  const { status } = entry.answer;
  const times = entry.count > 1 ? ` ${t("times", { count: entry.count })}` : "";
  if (entry.took === undefined) return make("span", { className: "badge", data: { class: String(status)[0] } }, String(status));
  const took = entry.took >= 1000 ? `${(entry.took / 1000).toFixed(1)} s` : `${entry.took} ms`;
  return make("span", { className: "badge", data: { class: String(status)[0] }, title: entry.answer.statusText }, `${status}${times}`, make("small", {}, took));
}

function part(title, { headers, body }) {
  const shown = reveal.checked ? headers : maskedHeaders(headers);
  const lines = make("dl", { className: "headers" }, ...shown.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  const json = body === undefined ? make("p", { className: "nobody" }, t("noBody")) : make("pre", {}, ...colored(reveal.checked ? body : masked(body)));
  return make("section", {}, make("h3", {}, title), lines, json);
}

/** JSON as coloured pieces of text. */
function colored(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const pieces = [];
  const pattern = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    pieces.push(text.slice(at, match.index));
    const kind = match[2] ? "key" : match[1] ? "string" : "value";
    pieces.push(make("span", { className: kind }, match[1] ?? match[0]), match[2] ?? "");
    at = match.index + match[0].length;
  }
  pieces.push(text.slice(at));
  return pieces;
}

function copyButton(entry) {
  const button = make("button", { type: "button", className: "copy" }, t("copyCurl"));
  button.addEventListener("click", async () => {
    const base = entry.request.path.startsWith("/v1/") ? facts.gateway : facts.page;
    await navigator.clipboard.writeText(asCurl(entry, base));
    button.textContent = t("copied");
    setTimeout(() => { button.textContent = t("copyCurl"); }, 2000);
  });
  return button;
}

/** Reads the verification as the partner's server does. A real front end never holds a service token. */
async function askAsBackend() {
  const { status, body } = await call({ label: "callServiceToken", method: "POST", path: "/demo/service-session" });
  if (status !== 200) return;
  await call({ label: "callBackend", path: `/v1/backend/verifications/${encodeURIComponent(state.id)}`, token: body.serviceToken });
}
