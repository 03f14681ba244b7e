import type { AppError } from '@parley/contracts';
import type { EventBatch } from './out-event.js';

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
