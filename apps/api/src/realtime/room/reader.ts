import type { AppError } from '@parley/contracts';
import type { EventBatch } from './event-batch.js';
import type { OutEvent } from './out-event.js';

/** One subscription to one room. The hub calls its methods, which never throw and never wait. */
export interface RoomReader {
  readonly userId: string;
  readonly sessionId: string;
  readonly connectionId: string;
  /** @returns how many of its events this reader is given */
  deliver(batch: EventBatch): number;
  /** Ends the subscription: with an error the reader is told, or quietly. Nothing is delivered afterwards. */
  end(error: AppError | null): void;
  /** True once after deltas were left out for this reader, when it has room again: the hub then sends it snapshots. */
  takeRecovered(): boolean;
}

/** A reader as a surface makes it. The room delivers events to the reader, which writes them itself or yields them from `events`. */
export interface SubscribedReader extends RoomReader {
  /** Called when a reader that lost deltas can take more. `subscribeRoom` sets it. */
  onWritable: (() => void) | null;
  /**
   * Yields the events after `hello` that the surface must write: none where `deliver` writes them. Returns, or throws the error that
   * ended the subscription.
   */
  events(): AsyncIterable<OutEvent>;
}
