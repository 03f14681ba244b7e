import { AppError } from '@parley/contracts';
import type { EventBatch } from './event-batch.js';
import type { OutEvent } from './out-event.js';
import type { SubscribedReader } from './reader.js';

/** The most events that wait for a reader, besides the first batch. */
const maxQueuedEvents = 5_000;

/** A subscription read through an async iterator: server-sent events and typed callers. */
export class QueueReader implements SubscribedReader {
  readonly userId: string;
  readonly sessionId: string;
  readonly connectionId: string;
  onWritable: (() => void) | null = null;
  readonly #maxQueued: number;
  /** How many events the replay had. They do not count against the queue's bound, because the replay has a bound of its own. */
  #replayed: number | null = null;
  #queue: OutEvent[] = [];
  #over: { error: AppError | null } | null = null;
  #wake: (() => void) | null = null;

  /** @param maxQueued events that may wait besides the first batch, which is the replay. @default 5000 */
  constructor(actor: { userId: string; sessionId: string }, connectionId: string, maxQueued = maxQueuedEvents) {
    this.userId = actor.userId;
    this.sessionId = actor.sessionId;
    this.connectionId = connectionId;
    this.#maxQueued = maxQueued;
  }

  deliver(batch: EventBatch): number {
    if (this.#over) return 0;
    this.#replayed ??= batch.events.length;
    for (const out of batch.events) this.#queue.push(out);
    if (this.#queue.length > this.#maxQueued + this.#replayed) {
      this.#queue = [];
      this.end(new AppError('UNAVAILABLE', 'This reader fell too far behind. Subscribe again from the last event id.'));
    }
    this.#wake?.();
    return this.#over ? 0 : batch.events.length;
  }

  end(error: AppError | null): void {
    this.#over ??= { error };
    this.#wake?.();
  }

  takeRecovered(): boolean {
    return false;
  }

  /** Yields the events in order. Returns when the subscription ends, or throws the error that ended it. */
  async *events(): AsyncGenerator<OutEvent, void, undefined> {
    while (true) {
      const queue = this.#queue;
      this.#queue = [];
      for (const out of queue) {
        if (this.#over) break;
        yield out;
      }
      if (this.#over?.error) throw this.#over.error;
      if (this.#over) return;
      if (this.#queue.length > 0) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }
}
