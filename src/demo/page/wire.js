// Calls, and the record of them that the inspector shows.
//
// What is recorded is what was sent and what came back, nothing added. Secrets are kept in memory only: what outlives a
// reload is written down without them.

const SHOWN_REQUEST = ["Authorization", "Content-Type", "Accept-Language", "If-None-Match"];
const SHOWN_ANSWER = ["etag", "location", "retry-after", "cache-control", "content-language", "content-type", "x-request-id", "www-authenticate"];
const SECRET_MEMBERS = new Set(["sdkToken", "launchUrl", "accessToken", "serviceToken"]);
const SAVED = "gerbang-demo-log";
const KEEP = 60;

export const log = [];
const listeners = new Set();

/** Calls `listener(entry)` whenever an entry is new or has changed, and with nothing after a clean-up. */
export function onChange(listener) {
  listeners.add(listener);
}

function changed(entry) {
  for (const listener of listeners) listener(entry);
  try {
    sessionStorage.setItem(SAVED, JSON.stringify(log.filter((one) => one.state !== "open").slice(-KEEP).map(withoutSecrets)));
  } catch {
    // A full or forbidden storage costs the record after a reload, nothing else.
  }
}

export function clearLog() {
  for (let at = log.length - 1; at >= 0; at -= 1) if (log[at].state !== "open") log.splice(at, 1);
  changed();
}

/** Takes up the record of this tab from before a reload. */
export function restoreLog() {
  try {
    log.push(...JSON.parse(sessionStorage.getItem(SAVED) ?? "[]"));
  } catch {
    sessionStorage.removeItem(SAVED);
  }
}

/** `value` with every secret cut down to its beginning. */
export function masked(value) {
  if (Array.isArray(value)) return value.map(masked);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) =>
    [name, SECRET_MEMBERS.has(name) && typeof member === "string" ? mask(member) : masked(member)]));
}

/** The beginning of a secret: enough to recognise it by, too little to use it. */
export function mask(secret) {
  const place = secret.indexOf("token=");
  const head = place < 0 ? secret.slice(0, 6) : secret.slice(0, place + 6);
  return `${head}••••••••`;
}

export function maskedHeaders(headers) {
  return headers.map(([name, value]) => [name, name === "Authorization" ? `Bearer ${mask(value.slice(7))}` : value]);
}

function withoutSecrets(entry) {
  return {
    ...entry,
    request: { ...entry.request, headers: maskedHeaders(entry.request.headers), body: masked(entry.request.body) },
    answer: entry.answer && { ...entry.answer, body: masked(entry.answer.body) },
  };
}

/**
 * Sends one request and records it. Answers `{status, headers, body}`; throws when there is no answer.
 * `same` names calls that repeat themselves: an unchanged answer is counted up instead of shown again.
 */
export async function call({ label, method = "GET", path, token, body, headers = {}, signal, same = false }) {
  const sent = { ...headers };
  if (token) sent.Authorization = `Bearer ${token}`;
  if (body !== undefined) sent["Content-Type"] = "application/json";
  const entry = {
    id: crypto.randomUUID(),
    label,
    at: Date.now(),
    state: "open",
    count: 1,
    same,
    request: { method, path, headers: SHOWN_REQUEST.filter((name) => name in sent).map((name) => [name, sent[name]]), body },
  };
  log.push(entry);
  changed(entry);
  try {
    const response = await fetch(path, { method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body), signal, cache: "no-store", redirect: "error" });
    const text = await response.text();
    const answer = {
      status: response.status,
      statusText: response.statusText,
      headers: SHOWN_ANSWER.filter((name) => response.headers.has(name)).map((name) => [name, response.headers.get(name)]),
      body: parsed(text),
    };
    finish(entry, "done", answer);
    return { status: response.status, headers: response.headers, body: answer.body };
  } catch (error) {
    if (error.name === "AbortError") forget(entry);
    else finish(entry, "lost");
    throw error;
  }
}

/** Records what somebody else sent and how it was answered. `id` makes the same one count once. */
export function note({ id, label, at, method, path, headers, body, status }) {
  if (log.some((one) => one.id === id)) return;
  const entry = {
    id, label, at, state: "done", count: 1, incoming: true,
    request: { method, path, headers, body },
    answer: { status, headers: [], body: undefined },
  };
  log.push(entry);
  changed(entry);
}

function finish(entry, state, answer) {
  entry.state = state;
  entry.took = Date.now() - entry.at;
  entry.answer = answer;
  const before = log[log.indexOf(entry) - 1];
  const repeats = entry.same && before?.same && before.state === state && before.request.path === entry.request.path
    && before.answer?.status === answer?.status && (answer === undefined || answer.status === 304);
  if (repeats) {
    entry.count = before.count + 1;
    log.splice(log.indexOf(before), 1);
  }
  changed(entry);
}

function forget(entry) {
  const place = log.indexOf(entry);
  if (place >= 0) log.splice(place, 1);
  changed();
}

function parsed(text) {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The call as a line for a shell, sent to where the app would send it. */
export function asCurl(entry, base) {
  const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const parts = ["curl -i"];
  if (entry.request.method !== "GET") parts.push(`-X ${entry.request.method}`);
  parts.push(quote(base + entry.request.path));
  for (const [name, value] of entry.request.headers) parts.push(`-H ${quote(`${name}: ${value}`)}`);
  if (entry.request.body !== undefined) parts.push(`-d ${quote(JSON.stringify(entry.request.body))}`);
  return parts.join(" \\\n  ");
}
