// The record of calls that the inspector shows.
//
// What is recorded is what was sent and what came back, nothing added; a stream's heartbeats alone are left out. Secrets
// are kept in memory only: what outlives a reload is written down without them.

import type { Word } from "./texts.js";

type Headers = [name: string, value: string][];

export interface Side {
  headers: Headers;
  body: unknown;
}

export interface Answer extends Side {
  status: number;
  statusText: string;
}

export interface Entry {
  id: string;
  label: Word;
  at: number;
  /** `told`: the answer is a stream that goes on. `left`: the app closed it. `lost`: no answer, or cut off. */
  state: "open" | "told" | "done" | "left" | "lost";
  /** How often the same was asked and answered alike. */
  count: number;
  repeats: boolean;
  /** Sent by the gateway to the back end, not by the app. */
  incoming: boolean;
  took?: number;
  request: Side & { method: string; path: string };
  answer?: Answer;
}

const SHOWN_REQUEST = ["Authorization", "Content-Type", "Accept-Language", "Idempotency-Key", "If-None-Match", "Last-Event-ID"];
const SHOWN_ANSWER = ["etag", "location", "retry-after", "cache-control", "content-language", "content-type", "idempotency-replayed", "x-request-id", "www-authenticate"];
const SECRET_MEMBERS = new Set(["sdkToken", "launchUrl", "accessToken", "serviceToken"]);
/** Stands for the rest of a secret. */
const CUT = "••••••••";
const SAVED = "gerbang-demo-log";
const KEEP = 60;

export const log: Entry[] = [];
const listeners = new Set<(entry?: Entry) => void>();

/** Calls `listener(entry)` whenever an entry is new or has changed, and with nothing after a clean-up. */
export function onChange(listener: (entry?: Entry) => void): void {
  listeners.add(listener);
}

const isGoingOn = (entry: Entry): boolean => entry.state === "open" || entry.state === "told";

function changed(entry?: Entry): void {
  for (const listener of listeners) listener(entry);
  try {
    sessionStorage.setItem(SAVED, JSON.stringify(log.filter((one) => !isGoingOn(one)).slice(-KEEP).map(withoutSecrets)));
  } catch {
    // A full or forbidden storage costs the record after a reload, nothing else.
  }
}

export function clearLog(): void {
  for (let at = log.length - 1; at >= 0; at -= 1) if (!isGoingOn(log[at]!)) log.splice(at, 1);
  changed();
}

/** Takes up the record of this tab from before a reload. */
export function restoreLog(): void {
  try {
    log.push(...JSON.parse(sessionStorage.getItem(SAVED) ?? "[]"));
  } catch {
    sessionStorage.removeItem(SAVED);
  }
}

/** `value` with every secret cut down to its beginning. */
export function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) =>
    [name, SECRET_MEMBERS.has(name) && typeof member === "string" ? mask(member) : masked(member)]));
}

/** The beginning of a secret: enough to recognise it by, too little to use it. */
export function mask(secret: string): string {
  const place = secret.indexOf("token=");
  const head = place < 0 ? secret.slice(0, 6) : secret.slice(0, place + 6);
  return `${head}${CUT}`;
}

export function maskedHeaders(headers: Headers): Headers {
  return headers.map(([name, value]) => [name, name === "Authorization" ? `Bearer ${mask(value.slice(7))}` : value]);
}

function withoutSecrets(entry: Entry): Entry {
  const { answer } = entry;
  return {
    ...entry,
    request: { ...entry.request, headers: maskedHeaders(entry.request.headers), body: masked(entry.request.body) },
    ...(answer && { answer: { ...answer, body: masked(answer.body) } }),
  };
}

const shown = (names: string[], headers: globalThis.Headers): Headers =>
  names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)!]] : []));

/**
 * `fetch` for one call, which records it under `label`. `repeats` marks calls that repeat themselves: an unchanged answer
 * is counted up instead of shown again.
 */
export function recorded(label: Word, repeats = false): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const entry: Entry = {
      id: crypto.randomUUID(),
      label,
      at: Date.now(),
      state: "open",
      count: 1,
      repeats,
      incoming: false,
      request: {
        method: request.method,
        path: pathname + search,
        headers: shown(SHOWN_REQUEST, request.headers),
        body: parsed(await request.clone().text()),
      },
    };
    log.push(entry);
    changed(entry);
    try {
      return await answered(entry, await fetch(request), request.signal);
    } catch (error) {
      if (request.signal.aborted) forget(entry);
      else finish(entry, "lost");
      throw error;
    }
  };
}

async function answered(entry: Entry, response: Response, signal: AbortSignal): Promise<Response> {
  const { status, statusText, headers } = response;
  const answer: Answer = { status, statusText, headers: shown(SHOWN_ANSWER, headers), body: undefined };
  if (response.body !== null && headers.get("content-type")?.startsWith("text/event-stream")) {
    const [ours, theirs] = response.body.tee();
    Object.assign(entry, { state: "told", answer: { ...answer, body: "" } });
    changed(entry);
    void listen(entry, ours, signal);
    return new Response(theirs, { status, statusText, headers });
  }
  answer.body = parsed(await response.clone().text());
  finish(entry, "done", answer);
  return response;
}

async function listen(entry: Entry, body: ReadableStream<Uint8Array<ArrayBuffer>>, signal: AbortSignal): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const { answer } = entry;
  try {
    for (let rest = ""; ;) {
      const { value, done } = await reader.read();
      if (done) break;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      const news = blocks.filter((block) => block !== ":").map((block) => `${block}\n\n`).join("");
      if (answer && news) {
        answer.body += news;
        changed(entry);
      }
    }
    finish(entry, "done", answer);
  } catch {
    finish(entry, signal.aborted ? "left" : "lost", answer);
  }
}

/** Records what somebody else sent and how it was answered. `id` makes the same one count once. */
export function note(id: string, label: Word, at: number, request: Entry["request"], status: number): void {
  if (log.some((one) => one.id === id)) return;
  const answer = { status, statusText: "", headers: [], body: undefined };
  const entry: Entry = { id, label, at, state: "done", count: 1, repeats: false, incoming: true, request, answer };
  log.push(entry);
  changed(entry);
}

function finish(entry: Entry, state: Entry["state"], answer?: Answer): void {
  entry.state = state;
  entry.took = Date.now() - entry.at;
  if (answer) entry.answer = answer;
  const before = log[log.indexOf(entry) - 1];
  const isAlike = before?.repeats && entry.repeats && before.state === state && before.request.path === entry.request.path
    && before.answer?.status === answer?.status && (answer === undefined || answer.status === 304);
  if (before && isAlike) {
    entry.count = before.count + 1;
    log.splice(log.indexOf(before), 1);
  }
  changed(entry);
}

function forget(entry: Entry): void {
  const place = log.indexOf(entry);
  if (place >= 0) log.splice(place, 1);
  changed();
}

function parsed(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The call as a line for a shell, sent to where the app would send it. Whose token is not known any more puts it into `$TOKEN`. */
export function asCurl({ request, answer }: Entry, base: string): string {
  const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const isStream = answer?.headers.some(([name, value]) => name === "content-type" && value.startsWith("text/event-stream"));
  const parts = [isStream ? "curl -iN" : "curl -i"];
  if (request.method !== "GET") parts.push(`-X ${request.method}`);
  parts.push(quote(base + request.path));
  for (const [name, value] of request.headers) {
    parts.push(value.endsWith(CUT) ? `-H "${name}: Bearer $TOKEN"` : `-H ${quote(`${name}: ${value}`)}`);
  }
  if (request.body !== undefined) parts.push(`-d ${quote(JSON.stringify(request.body))}`);
  return parts.join(" \\\n  ");
}
