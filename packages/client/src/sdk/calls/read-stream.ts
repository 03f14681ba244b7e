/** A server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface StreamEvent {
  /** Empty for an event without a name. */
  name: string;
  data: string;
}

export interface ReadStreamOptions {
  /** The longest silence, comments included, before the stream counts as dead, in milliseconds. */
  silenceMs: number;
  /** Called when the stream was silent for so long; has to end it. */
  onSilent(): void;
}

/** Most characters of one line: more than any event of ours has, so that a stream of something else is not kept in memory for ever. */
const maxLineLength = 64 * 1024 * 1024;

/** The events of a body, as they come. Rejects when the connection breaks. */
export async function* readStream(
  body: ReadableStream<Uint8Array>,
  options: ReadStreamOptions,
): AsyncGenerator<StreamEvent, void, undefined> {
  let name = '';
  let data: string[] = [];
  for await (const line of lines(body, options)) {
    if (line === '') {
      if (data.length > 0) yield { name, data: data.join('\n') };
      name = '';
      data = [];
    } else if (line.startsWith('event:')) name = valueOf(line);
    else if (line.startsWith('data:')) data.push(valueOf(line));
  }
}

function valueOf(line: string): string {
  const value = line.slice(line.indexOf(':') + 1);
  return value.startsWith(' ') ? value.slice(1) : value;
}

async function* lines(
  body: ReadableStream<Uint8Array>,
  { silenceMs, onSilent }: ReadStreamOptions,
): AsyncGenerator<string, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  // The beginning of a line whose end has not come, in parts: a long one comes in many.
  let begun: string[] = [];
  let length = 0;
  try {
    for (;;) {
      // The time counts only while somebody waits for the stream: who reads slowly has not been cut off.
      const timer = setTimeout(onSilent, silenceMs);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return;
      const parts = decoder.decode(value, { stream: true }).split('\n');
      for (const part of parts.slice(0, -1)) {
        const line = begun.length > 0 ? [...begun, part].join('') : part;
        begun = [];
        length = 0;
        yield line.endsWith('\r') ? line.slice(0, -1) : line;
      }
      const rest = parts.at(-1)!;
      length += rest.length;
      if (length > maxLineLength) throw new Error('The stream of events has a line that is too long.');
      if (rest !== '') begun.push(rest);
    }
  } finally {
    // Also where the reader stops early: the connection must not stay open.
    await reader.cancel().catch(() => {});
  }
}
