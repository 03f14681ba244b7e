import type { EphemeralEvent } from '@parley/contracts';
import { EventBatch } from './event-batch.js';
import type { DurableOut, EphemeralIds, OutEvent } from './out-event.js';

export interface RoomOutputOptions {
  ids: EphemeralIds;
  /** Takes the text that was added since the last call. It goes out with the next flush. */
  takeTexts(): EphemeralEvent[];
  deliver(batch: EventBatch): void;
}

/**
 * What a room's readers are about to be sent, in order. Everything that comes in one turn of the event loop, or in a short window,
 * leaves together: one batch, encoded once, is one write for each reader.
 */
export class RoomOutput {
  readonly #options: RoomOutputOptions;
  #queue: OutEvent[] = [];
  #timer: NodeJS.Timeout | null = null;
  #flushSoon = false;
  #flushedRev = 0;
  #closed = false;

  constructor(options: RoomOutputOptions) {
    this.#options = options;
  }

  /** Rev of the last durable event that the readers have been sent. A queued event counts only once it has left. */
  get flushedRev(): number {
    return this.#flushedRev;
  }

  /** Notes that the readers are at `rev` without having been sent the events up to it. */
  startAt(rev: number): void {
    this.#flushedRev = rev;
  }

  pushDurable(out: DurableOut): void {
    this.#queue.push(out);
    this.schedule(0);
  }

  pushEphemeral(event: EphemeralEvent): void {
    this.#queue.push(this.#options.ids.out(this.#queuedRev(), event));
    this.schedule(0);
  }

  /** Queues the text added so far, so that it goes out before what is pushed next. */
  collectTexts(): void {
    for (const event of this.#options.takeTexts()) this.#queue.push(this.#options.ids.out(this.#queuedRev(), event));
  }

  /** Flushes within `delayMs`; 0 flushes at the end of the current turn, with everything that comes in that turn. */
  schedule(delayMs: number): void {
    if (this.#closed || this.#flushSoon) return;
    if (delayMs <= 0) {
      this.#flushSoon = true;
      this.#clearTimer();
      setImmediate(() => this.flush());
    } else {
      this.#timer ??= setTimeout(() => this.flush(), delayMs);
    }
  }

  flush(): void {
    this.#flushSoon = false;
    this.#clearTimer();
    this.collectTexts();
    if (this.#queue.length === 0) return;
    const batch = new EventBatch(this.#queue);
    this.#flushedRev = this.#queuedRev();
    this.#queue = [];
    this.#options.deliver(batch);
  }

  close(): void {
    this.#closed = true;
    this.#clearTimer();
  }

  /** The last durable rev that the readers will have been sent once the current queue has gone out. */
  #queuedRev(): number {
    return this.#queue.findLast(isDurableOut)?.event.rev ?? this.#flushedRev;
  }

  #clearTimer(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function isDurableOut(out: OutEvent): out is DurableOut {
  return out.durable;
}
