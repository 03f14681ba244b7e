import type { OutEvent } from './out-event.js';

/** How events are written to the readers of one surface. */
export interface EventFormat {
  /** What is the same in every frame of this event: made once for each batch, however many read it. */
  encode(out: OutEvent): Buffer;
  /**
   * The pieces of one frame, in order: the body in the envelope of the readers with this key.
   *
   * @param readerKey what this format's frames differ by, such as the id of a request; empty where all readers are sent the same
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

/** What one format made of a batch; the frames by reader key. */
interface Output {
  bodies: (Buffer | undefined)[];
  whole: Map<string, Written>;
  withoutLossy: Map<string, Written>;
}

/**
 * Events that leave together. For each format and reader key the bytes of all frames are made once and shared by every reader
 * that has both.
 */
export class EventBatch {
  readonly events: readonly OutEvent[];
  readonly hasLossy: boolean;
  /** Some event in it must reach every reader. */
  readonly hasLasting: boolean;
  readonly #outputs = new Map<EventFormat, Output>();
  /** What the last reader was given: nearly always the next one's too, and then it costs no look-up. */
  #last: Written | null = null;

  constructor(events: readonly OutEvent[]) {
    this.events = events;
    this.hasLossy = events.some((out) => out.lossy);
    this.hasLasting = events.some((out) => !out.lossy);
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
