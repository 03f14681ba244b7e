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

interface Written {
  bodies: (Buffer | undefined)[];
  /** By reader key, all frames and those without lossy events. */
  whole: Map<string, Buffer>;
  withoutLossy: Map<string, Buffer>;
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
  readonly #written = new Map<EventFormat, Written>();

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
    let written = this.#written.get(format);
    if (!written) {
      written = { bodies: Array.from({ length: this.events.length }), whole: new Map(), withoutLossy: new Map() };
      this.#written.set(format, written);
    }
    const made = withoutLossy ? written.withoutLossy : written.whole;
    let bytes = made.get(readerKey);
    if (!bytes) {
      bytes = this.#write(format, readerKey, withoutLossy, written.bodies);
      made.set(readerKey, bytes);
    }
    return bytes;
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
