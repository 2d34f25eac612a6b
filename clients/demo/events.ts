// Server-sent events out of the bytes of an answer, as the HTML standard reads them (section 9.2.6).
//
// `EventSource` would do so, too, but cannot send a token.

export interface ServerEvent {
  id?: string;
  retry?: number;
  /** Absent in what carries no event: a heartbeat, a pause to keep. */
  data?: string;
}

/** Each block of the stream, also those without an event: they show that the other side lives. */
export async function* events(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<ServerEvent> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    // What is not ended by an empty line was cut off, and counts for nothing.
    if (done) return;
    const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) yield read(block);
  }
}

function read(block: string): ServerEvent {
  const event: ServerEvent = {};
  for (const line of block.split("\n")) {
    const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === "id") event.id = value;
    else if (field === "retry" && /^\d+$/.test(value)) event.retry = Number(value);
    else if (field === "data") event.data = event.data === undefined ? value : `${event.data}\n${value}`;
  }
  return event;
}
