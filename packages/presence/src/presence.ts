/**
 * Who is online in which room. It remembers for seconds: losing all of it loses nothing that the next heartbeats do not
 * bring back. `memory-presence.ts` and `redis-presence.ts` keep every promise below; `presence.contract.ts` tests each on both.
 */
export interface Presence {
  /**
   * This connection of this user reads this room. Idempotent. Lives for `ttlMs` by the store's own clock unless
   * {@link heartbeat} renews it, so a process that dies takes its people offline within that time.
   */
  enter(roomId: string, connection: PresenceConnection): Promise<void>;

  /** This connection no longer reads this room. Idempotent. */
  leave(roomId: string, connection: PresenceConnection): Promise<void>;

  /** Renews everything this instance entered and has not left, also what the store forgot meanwhile. */
  heartbeat(): Promise<void>;

  /** Users with at least one live connection in the room, each once, sorted by id. A user with several connections goes offline with the last. */
  online(roomId: string): Promise<string[]>;

  /** Every live connection of every instance, for `/health` and operators, at most `limit`. */
  connections(options: { limit: number }): Promise<{ instanceId: string; userId: string; roomId: string }[]>;

  /** Resolves when the store answers, rejects with AppError UNAVAILABLE within a second when it does not. */
  ping(): Promise<void>;

  /** Leaves everything this instance entered, then disconnects. Idempotent. */
  close(): Promise<void>;
}

export interface PresenceConnection {
  userId: string;
  /** Unique among this instance's connections. */
  connectionId: string;
}

export interface PresenceOptions {
  /** Names this process; a restarted process has another `bootId`. */
  instanceId: string;
  bootId: string;
  /** How long an entry lives unrenewed, in milliseconds. @default 30000 */
  ttlMs?: number;
}
