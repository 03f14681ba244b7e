/** What a provider's response holds, whatever its form. */
export type WireEvent =
  /** One event of a stream. */
  | { kind: 'json'; value: unknown }
  /** The end of the stream, as the protocol of OpenAI and many gateways say it. */
  | { kind: 'done' }
  /** An event that is no JSON. */
  | { kind: 'malformed'; data: string }
  /** The whole response is one JSON text: the server streams nothing. */
  | { kind: 'whole'; value: unknown };

/** The longest line, the longest event of several, and the longest response that is one JSON text, in UTF-16 units: sixteen times the longest answer. */
const maxUnits = 4 * 1024 * 1024;

/**
 * Reads the body of a response to a call that asked for server-sent events. It is more lenient than the standard: an event counts from
 * its line on where that line alone is JSON, so that a missing blank line keeps nothing back; and a body that begins with a brace or
 * a bracket is read as one JSON text.
 *
 * @throws (push) RangeError beyond the bound
 */
export class EventReader {
  readonly #decoder = new TextDecoder();
  /** The beginning of a line, or of the one JSON text. */
  #parts: string[] = [];
  #units = 0;
  #form: 'unknown' | 'events' | 'whole' = 'unknown';
  /** The lines of data of an event that needs several, and how long they are together. */
  #data: string[] = [];
  #dataUnits = 0;

  push(bytes: Uint8Array): WireEvent[] {
    return this.#add(this.#decoder.decode(bytes, { stream: true }));
  }

  /** Ends the body. An event without the blank line after it counts. */
  end(): WireEvent[] {
    const events = this.#add(this.#decoder.decode());
    const rest = this.#takeParts();
    if (this.#form === 'whole') return [...events, ...wholeOf(rest)];
    return [...events, ...this.#line(rest), ...this.#endEvent()];
  }

  #add(text: string): WireEvent[] {
    let added = text;
    if (this.#form === 'unknown') {
      added = (this.#takeParts() + text).trimStart();
      if (added === '') return [];
      this.#form = added.startsWith('{') || added.startsWith('[') ? 'whole' : 'events';
    }
    const events: WireEvent[] = [];
    let at = 0;
    if (this.#form === 'events') {
      for (;;) {
        const end = lineEnd(added, at);
        if (end === -1) break;
        this.#keep(added.slice(at, end));
        events.push(...this.#line(this.#takeParts()));
        at = end + 1;
      }
    }
    this.#keep(added.slice(at));
    return events;
  }

  #keep(text: string): void {
    if (text === '') return;
    this.#parts.push(text);
    this.#units += text.length;
    if (this.#units > maxUnits) throw new RangeError('the response has a line without end');
  }

  #takeParts(): string {
    const text = this.#parts.join('');
    this.#parts = [];
    this.#units = 0;
    return text;
  }

  #line(line: string): WireEvent[] {
    if (line === '') return this.#endEvent();
    // Comments keep the connection alive; the other fields say nothing that the data does not.
    if (!line.startsWith('data:')) return [];
    const data = line.slice(line[5] === ' ' ? 6 : 5);
    if (this.#data.length === 0) {
      const event = parsed(data, 'json');
      if (event.kind !== 'malformed') return [event];
    }
    this.#data.push(data);
    // Each line counts by itself too, so that empty ones come to an end.
    this.#dataUnits += data.length + 1;
    if (this.#dataUnits > maxUnits) throw new RangeError('the response has an event without end');
    return [];
  }

  #endEvent(): WireEvent[] {
    const data = this.#data.join('\n');
    this.#data = [];
    this.#dataUnits = 0;
    return data.trim() === '' ? [] : [parsed(data, 'json')];
  }
}

/** Where a line ends: at a line feed or a carriage return. Of both together, the second ends an empty line, which changes nothing. */
function lineEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13) return at;
  }
  return -1;
}

/** One JSON text, or one in each line: a stream that lacks the field's name before its data. */
function wholeOf(text: string): WireEvent[] {
  const whole = parsed(text, 'whole');
  if (whole.kind !== 'malformed') return [whole];
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const events = lines.map((line) => parsed(line, 'json'));
  return events.some(({ kind }) => kind === 'malformed') ? [whole] : events;
}

function parsed(data: string, kind: 'json' | 'whole'): WireEvent {
  if (data.trim() === '[DONE]') return { kind: 'done' };
  try {
    return { kind, value: JSON.parse(data) as unknown };
  } catch {
    return { kind: 'malformed', data };
  }
}
