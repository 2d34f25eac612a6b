// Follows one verification: by the stream of events, and by long polls where no stream can be had.
//
// A stream that was cut off is taken up again behind the last event. When neither way leads to the gateway, it is asked
// again after longer and longer pauses, and at once when the browser says that the network is back.

import { events } from "./events.js";
import { asUser, gateway, type Problem } from "./gateway.js";
import { backoff, pause } from "./pause.js";
import { recorded } from "./record.js";
import { isOpen, type Verification } from "./state.js";

/** By which way news come, if they do. */
export type Link = "stream" | "poll" | "off" | "none";

export interface Watcher {
  /** Takes in a state of the verification. */
  show(view: Verification): void;
  link(link: Link): void;
  /** Tells of an answer that means "later". */
  problem(problem: Problem | undefined, response: Response): void;
}

/** What one try came to. */
type End =
  | { kind: "over" }
  | { kind: "gone" }
  | { kind: "again"; after: number }
  /** The stream cannot be had, while the gateway may be there. */
  | { kind: "no stream" };

/** Before a stream that was ended is opened again, unless it says how long. */
const RETRY = 500;
/** What ends sooner than this ends too soon: to come back at once would be to do so for ever. */
const SHORT_LIFE = 10_000;
/** A gateway that is there begins its stream at once. */
const FIRST_WORD = 8_000;
/** Heartbeats come every 15 seconds: what is silent for so long is dead. */
const SILENCE = 40_000;
/** After how many polls the stream is tried again; each time twice as many. */
const FEWEST_POLLS = 2;
const MOST_POLLS = 32;

/** Follows `user`'s verification until it is closed (`over`), is not there (`gone`), or `signal` aborts. */
export async function follow(user: string, id: string, watcher: Watcher, signal: AbortSignal): Promise<"over" | "gone"> {
  const line = new Line(user, id, watcher, signal);
  let failures = 0;
  let polls = 0;
  let detour = FEWEST_POLLS;
  while (!signal.aborted) {
    try {
      const end = polls > 0 ? await line.poll() : await line.stream();
      if (end.kind === "over" || end.kind === "gone") {
        watcher.link("none");
        return end.kind;
      }
      if (end.kind === "again") {
        failures = 0;
        if (polls > 0) polls -= 1;
        else detour = FEWEST_POLLS;
        await pause(end.after, signal);
      } else {
        polls = detour;
        detour = Math.min(2 * detour, MOST_POLLS);
      }
    } catch {
      if (signal.aborted) break;
      polls = 0;
      detour = FEWEST_POLLS;
      failures += 1;
      watcher.link("off");
      await pause(backoff(failures), signal, "online");
    }
  }
  return "over";
}

/** The two ways to ask, and what is known from the last answer. */
class Line {
  /** The `id` of the last event. */
  private last: string | undefined;
  /** The `ETag` of the last poll. */
  private etag: string | undefined;
  /** How many streams in a row ended too soon. */
  private shortLived = 0;

  constructor(
    private readonly user: string,
    private readonly id: string,
    private readonly watcher: Watcher,
    private readonly signal: AbortSignal,
  ) {}

  /** Listens until the stream ends. Does not throw: where this way fails, the other may lead further. */
  async stream(): Promise<End> {
    const ended = new AbortController();
    const signal = AbortSignal.any([this.signal, ended.signal]);
    let timer = setTimeout(() => ended.abort(), FIRST_WORD);
    let retry = RETRY;
    const begun = Date.now();
    let isLive = false;
    let isOver = false;
    try {
      const answer = await asUser(this.user, (headers) => gateway.GET("/v1/verifications/{verificationId}/events", {
        params: { path: { verificationId: this.id } },
        headers: { ...headers, Accept: "text/event-stream", ...(this.last !== undefined && { "Last-Event-ID": this.last }) },
        parseAs: "stream",
        signal,
        fetch: recorded("callStream"),
      }));
      if (answer === undefined) return { kind: "gone" };
      if (answer.response.status === 204) return { kind: "over" };
      if (!answer.data) return this.refusal(answer.error, answer.response) ?? { kind: "no stream" };
      if (!answer.response.headers.get("content-type")?.startsWith("text/event-stream")) return { kind: "no stream" };
      for await (const event of events(answer.data)) {
        clearTimeout(timer);
        timer = setTimeout(() => ended.abort(), SILENCE);
        isLive = true;
        this.watcher.link("stream");
        retry = event.retry ?? retry;
        if (event.data === undefined) continue;
        this.last = event.id ?? this.last;
        const view: Verification = JSON.parse(event.data);
        this.watcher.show(view);
        isOver = !isOpen(view);
      }
      if (isOver) return { kind: "over" };
      return isLive ? { kind: "again", after: Math.max(retry, this.rest(begun)) } : { kind: "no stream" };
    } catch {
      if (isOver) return { kind: "over" };
      // Cut off in the middle: back to where it was.
      return isLive ? { kind: "again", after: this.rest(begun) } : { kind: "no stream" };
    } finally {
      clearTimeout(timer);
      // Leaves no stream behind that nobody reads: a user may wait in four places only.
      ended.abort();
    }
  }

  /** How long to rest after a stream that began at `begun`: not at all, unless it ended too soon. */
  private rest(begun: number): number {
    this.shortLived = Date.now() - begun < SHORT_LIFE ? this.shortLived + 1 : 0;
    return this.shortLived === 0 ? 0 : backoff(this.shortLived);
  }

  /** One read, which waits for a change of what is known. Throws when there is no answer. */
  async poll(): Promise<End> {
    const { user, id, etag, signal } = this;
    const answer = await asUser(user, (headers) => gateway.GET("/v1/verifications/{verificationId}", {
      params: { path: { verificationId: id }, query: etag === undefined ? {} : { wait: 25 } },
      headers: { ...headers, ...(etag !== undefined && { "If-None-Match": etag }) },
      signal,
      fetch: recorded(etag === undefined ? "callGet" : "callWait", etag !== undefined),
    }));
    if (answer === undefined) return { kind: "gone" };
    const { response, data } = answer;
    this.watcher.link("poll");
    if (data !== undefined) {
      this.etag = response.headers.get("etag") ?? undefined;
      this.watcher.show(data);
      return isOpen(data) ? { kind: "again", after: 0 } : { kind: "over" };
    }
    if (response.status === 304) return { kind: "again", after: 0 };
    return this.refusal(answer.error, response) ?? { kind: "again", after: this.told(answer.error, response) };
  }

  /** What both ways refuse alike. */
  private refusal(problem: Problem | undefined, response: Response): End | undefined {
    if (response.status === 403 || response.status === 404) return { kind: "gone" };
    if (response.status !== 429 && response.status !== 503) return undefined;
    return { kind: "again", after: this.told(problem, response) };
  }

  private told(problem: Problem | undefined, response: Response): number {
    this.watcher.problem(problem, response);
    return 1000 * (Number(response.headers.get("retry-after")) || 2);
  }
}
