import type { DurableOut } from './out-event.js';

/**
 * The room's latest durable events. When a crowd reconnects, the ring spares the database a query for each reader. The ring is complete
 * as state after `floor`: of every row that changed since, it holds the latest change.
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
    // Drop half of the events at once, so that a push costs a constant on average.
    if (this.#events.length >= this.#capacity * 2) {
      const dropped = this.#events.splice(0, this.#events.length - this.#capacity);
      this.#floor = dropped.at(-1)!.event.rev;
    }
  }

  /** Forgets all events. From now on the ring has only changes after `floor`. */
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
