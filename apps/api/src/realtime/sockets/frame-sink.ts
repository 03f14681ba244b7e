export interface SinkLimits {
  /** Unsent bytes above which deltas are left out; a snapshot makes up for them. */
  lossyUnsentBytes: number;
  /** Unsent bytes above which a peer is cut off. */
  maxUnsentBytes: number;
  /** The most batches that may wait until `hello` has gone out. */
  maxHeldBatches: number;
}

/** Where a reader's bytes go: a WebSocket, or an answer by HTTP that goes on. */
export interface FrameSink {
  readonly limits: SinkLimits;
  readonly unsentBytes: number;
  writeFrames(bytes: Buffer): void;
  /** Calls the listener once when what is unsent has gone out. */
  onceDrained(listener: () => void): void;
  /** Cuts off a peer that does not read. */
  closeSlow(): void;
}
