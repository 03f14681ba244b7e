import type { AppError } from '@parley/contracts';
import type { EventBatch } from './event-batch.js';
import type { OutEvent } from './out-event.js';

/** One subscription to one room. The hub calls it; it never throws and never waits. */
export interface RoomReader {
  readonly userId: string;
  readonly sessionId: string;
  readonly connectionId: string;
  deliver(batch: EventBatch): void;
  /** Ends the subscription: with an error the reader is told, or quietly. Nothing is delivered afterwards. */
  end(error: AppError | null): void;
  /** True once when deltas were left out for this reader and it has room again: the hub then sends it snapshots. */
  takeRecovered(): boolean;
}

/** A reader as its surface makes it: the room delivers to it, and what it does not write by itself it yields. */
export interface SubscribedReader extends RoomReader {
  /** Called when a reader that lost deltas can take more. `subscribeRoom` sets it. */
  onWritable: (() => void) | null;
  /** What was delivered after `hello` and is the surface's to write; nothing, where `deliver` writes. Returns or throws as it ended. */
  events(): AsyncIterable<OutEvent>;
}
