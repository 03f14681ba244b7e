import type { OutEvent } from './out-event.js';

/** How events are written to the readers of one surface. */
export interface EventFormat {
  /** Makes the part that is the same in every frame of this event: once for each batch, however many readers there are. */
  encode(out: OutEvent): Buffer;
  /**
   * The pieces of one frame, in order: the body in the envelope of the readers with this key.
   *
   * @param readerKey what the frames of this format differ by, such as the id of a request; empty where all readers get the same frames
   */
  frame(body: Buffer, readerKey: string): readonly Buffer[];
}

/** The frames for the readers of one format and key. */
interface Written {
  format: EventFormat;
  readerKey: string;
  withoutLossy: boolean;
  bytes: Buffer;
}

/** What one format made of a batch: the bodies of its events, and the frames by reader key. */
interface Output {
  bodies: (Buffer | undefined)[];
  whole: Map<string, Written>;
  withoutLossy: Map<string, Written>;
}

/**
 * Events that leave together. The bytes of all frames are made once for each format and reader key, and shared by all readers that have
 * both.
 */
export class EventBatch {
  readonly events: readonly OutEvent[];
  /** How many of its events are durable. */
  readonly durable: number;
  /** How many of its events must reach every reader. */
  readonly lasting: number;
  readonly #outputs = new Map<EventFormat, Output>();
  /** The frames that the last reader got. The next reader nearly always gets the same, and then needs no look-up. */
  #last: Written | null = null;

  constructor(events: readonly OutEvent[]) {
    this.events = events;
    let [durable, lasting] = [0, 0];
    for (const out of events) {
      if (out.durable) durable++;
      if (!out.lossy) lasting++;
    }
    this.durable = durable;
    this.lasting = lasting;
  }

  get hasLossy(): boolean {
    return this.lasting < this.events.length;
  }

  /** True if some event of the batch must reach every reader. */
  get hasLasting(): boolean {
    return this.lasting > 0;
  }

  /**
   * The frames of every event, in order.
   *
   * @param withoutLossy leaves deltas and the like out, for a reader that is behind
   */
  bytes(format: EventFormat, readerKey: string, withoutLossy = false): Buffer {
    let written = this.#last;
    if (written?.format !== format || written.readerKey !== readerKey || written.withoutLossy !== withoutLossy) {
      written = this.#find(format, readerKey, withoutLossy);
      this.#last = written;
    }
    return written.bytes;
  }

  #find(format: EventFormat, readerKey: string, withoutLossy: boolean): Written {
    let output = this.#outputs.get(format);
    if (!output) {
      output = { bodies: Array.from({ length: this.events.length }), whole: new Map(), withoutLossy: new Map() };
      this.#outputs.set(format, output);
    }
    const byKey = withoutLossy ? output.withoutLossy : output.whole;
    let written = byKey.get(readerKey);
    if (!written) {
      written = { format, readerKey, withoutLossy, bytes: this.#write(format, readerKey, withoutLossy, output.bodies) };
      byKey.set(readerKey, written);
    }
    return written;
  }

  #write(format: EventFormat, readerKey: string, withoutLossy: boolean, bodies: (Buffer | undefined)[]): Buffer {
    const pieces: Buffer[] = [];
    for (const [i, out] of this.events.entries()) {
      if (withoutLossy && out.lossy) continue;
      const body = (bodies[i] ??= format.encode(out));
      pieces.push(...format.frame(body, readerKey));
    }
    return Buffer.concat(pieces);
  }
}
