import type { SocketLimits } from './socket-connection.js';

/** Where a reader's bytes go: a WebSocket, or an answer by HTTP that goes on. */
export interface FrameSink {
  readonly limits: Pick<SocketLimits, 'lossyUnsentBytes' | 'maxUnsentBytes' | 'maxHeldBatches'>;
  readonly unsentBytes: number;
  writeFrames(bytes: Buffer): void;
  /** Calls the listener once when what is unsent has gone out. */
  onceDrained(listener: () => void): void;
  /** Cuts off a peer that does not read. */
  closeSlow(): void;
}
