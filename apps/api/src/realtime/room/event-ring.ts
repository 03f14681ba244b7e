import type { DurableOut } from './out-event.js';

/**
 * The room's latest durable events. It spares a crowd that reconnects one query each. What it holds after `floor` is complete
 * as state: every row that changed since has its latest change in it.
 */
export class EventRing {
  readonly #capacity: number;
  #events: DurableOut[] = [];
  #floor: number;

  constructor(capacity: number, floor: number) {
    this.#capacity = capacity;
    this.#floor = floor;
  }

  push(out: DurableOut): void {
    this.#events.push(out);
    // Trimmed by halves, so that a push costs a constant on average.
    if (this.#events.length >= this.#capacity * 2) {
      const dropped = this.#events.splice(0, this.#events.length - this.#capacity);
      this.#floor = dropped.at(-1)!.event.rev;
    }
  }

  /** Forgets everything: what changed up to `floor` is not here. */
  reset(floor: number): void {
    this.#events = [];
    this.#floor = floor;
  }

  /** The events after `rev`; null when some of them are no longer here. */
  after(rev: number): DurableOut[] | null {
    if (rev < this.#floor) return null;
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.event.rev > rev) high = middle;
      else low = middle + 1;
    }
    return this.#events.slice(low);
  }
}
