import type { EphemeralEvent } from '@parley/contracts';
import { EventBatch } from './event-batch.js';
import type { DurableOut, EphemeralIds, OutEvent } from './out-event.js';

export interface RoomOutputOptions {
  ids: EphemeralIds;
  /** Text that grew since it was last asked for: it goes out with the next flush. */
  takeTexts(): EphemeralEvent[];
  deliver(batch: EventBatch): void;
}

/**
 * What a room's readers are about to be sent, in order. All that one turn of the event loop brings, or a short window, leaves
 * together: one batch, encoded once, is one write for each reader.
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

  /** Rev of the last durable event that the readers have been sent; what is queued counts only once it has left. */
  get flushedRev(): number {
    return this.#flushedRev;
  }

  /** The readers are at `rev`, without having been sent what led there. */
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

  /** Queues what grew of the texts before what is pushed next. */
  collectTexts(): void {
    for (const event of this.#options.takeTexts()) this.#queue.push(this.#options.ids.out(this.#queuedRev(), event));
  }

  /** Flushes within `delayMs`; 0 means when the current turn is over, with all that it brings. */
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

  /** The last durable rev that readers will have been sent when what is queued now has gone out. */
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
