import { inCall, type Bus } from '@parley/bus';
import type { Delta, FanOutChannel, RoomDeltasPayload } from '@parley/contracts';
import type { TextPiece } from './text-stream.js';

export interface DeltaBatcherOptions {
  /** How long text is collected before it is published. @default 25 */
  windowMs?: number;
}

export interface DeltaTarget {
  /** Where the text goes. */
  channel: FanOutChannel<RoomDeltasPayload>;
  messageId: string;
  attempt: number;
}

/** Takes the text of one attempt to its readers. */
export interface DeltaChannel {
  /** Takes the next piece; pieces come in order, without holes. */
  push(piece: TextPiece): void;
  /** Publishes the waiting text now. */
  flush(): void;
}

interface ChannelWindow {
  channel: FanOutChannel<RoomDeltasPayload>;
  /** One delta for each reply, joined from its pieces; in the order of their first piece. */
  waiting: Map<string, Delta>;
  timer: NodeJS.Timeout;
}

/** Room for the envelope around the deltas of one payload. */
const envelopeBytes = 64;

/**
 * Publishes the text of this process's replies. The first piece of each reply goes out at once. Later text is collected for a short
 * window that all replies of one room share, so that ten characters writing at once make one message on the bus, not ten. No payload is
 * larger than the broker takes. If the bus drops a delta, readers get the text by the snapshot that the worker answers with.
 */
export class DeltaBatcher {
  readonly #bus: Pick<Bus, 'publish' | 'maxPayloadBytes'>;
  readonly #windowMs: number;
  /** By the subject of the channel. */
  readonly #windows = new Map<string, ChannelWindow>();

  constructor(bus: Pick<Bus, 'publish' | 'maxPayloadBytes'>, options: DeltaBatcherOptions = {}) {
    this.#bus = bus;
    this.#windowMs = options.windowMs ?? 25;
  }

  open({ channel, messageId, attempt }: DeltaTarget): DeltaChannel {
    let begun = false;
    return {
      push: ({ offset, text }) => {
        if (text === '') return;
        if (begun) {
          this.#join(channel, { messageId, attempt, offset, text });
          return;
        }
        begun = true;
        this.#flush(channel.subject);
        this.#publish(channel, [{ messageId, attempt, offset, text }]);
      },
      flush: () => this.#flush(channel.subject),
    };
  }

  #join(channel: FanOutChannel<RoomDeltasPayload>, delta: Delta): void {
    const { subject } = channel;
    let window = this.#windows.get(subject);
    if (!window) {
      window = { channel, waiting: new Map(), timer: setTimeout(() => this.#flush(subject), this.#windowMs) };
      this.#windows.set(subject, window);
    }
    const key = `${delta.messageId}:${delta.attempt}`;
    const earlier = window.waiting.get(key);
    if (earlier) earlier.text += delta.text;
    else window.waiting.set(key, delta);
  }

  #flush(subject: string): void {
    const window = this.#windows.get(subject);
    if (!window) return;
    clearTimeout(window.timer);
    this.#windows.delete(subject);
    this.#publish(window.channel, [...window.waiting.values()]);
  }

  #publish(channel: FanOutChannel<RoomDeltasPayload>, deltas: Delta[]): void {
    for (const group of groupBySize(deltas, this.#bus.maxPayloadBytes - envelopeBytes)) {
      // One message carries the text of several replies, so it is sent for no call of theirs.
      inCall(null, () => this.#bus.publish(channel, { deltas: group }));
    }
  }
}

/** Groups the deltas, so that the JSON of a group takes at most `maxBytes`. A delta that is larger by itself is cut, between characters. */
function groupBySize(deltas: readonly Delta[], maxBytes: number): Delta[][] {
  const groups: Delta[][] = [];
  let group: Delta[] = [];
  let groupBytes = 0;
  for (const delta of deltas.flatMap((whole) => cutToSize(whole, maxBytes))) {
    const bytes = jsonBytes(delta) + 1;
    if (groupBytes + bytes > maxBytes && group.length > 0) {
      groups.push(group);
      group = [];
      groupBytes = 0;
    }
    group.push(delta);
    groupBytes += bytes;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

function cutToSize(delta: Delta, maxBytes: number): Delta[] {
  if (delta.text.length < 2 || jsonBytes(delta) < maxBytes) return [delta];
  let middle = delta.text.length >> 1;
  const before = delta.text.charCodeAt(middle - 1);
  if (before >= 0xd800 && before <= 0xdbff) middle += middle + 1 < delta.text.length ? 1 : -1;
  if (middle === 0) return [delta];
  const left = { ...delta, text: delta.text.slice(0, middle) };
  const right = { ...delta, offset: delta.offset + middle, text: delta.text.slice(middle) };
  return [...cutToSize(left, maxBytes), ...cutToSize(right, maxBytes)];
}

function jsonBytes(delta: Delta): number {
  // Most text is short and far below any limit, so a bound is enough: three bytes a unit, six where JSON escapes, and the fields around
  // it.
  const most = delta.text.length * 6 + 160;
  return most < 4096 ? most : Buffer.byteLength(JSON.stringify(delta));
}
