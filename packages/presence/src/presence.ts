/**
 * Who is online in which room. It remembers for seconds: losing all of it loses nothing that the next heartbeats do not
 * bring back. `memory-presence.ts` and `redis-presence.ts` keep every promise below; `presence.contract.ts` tests each on both.
 *
 * A call that needs the store rejects with AppError UNAVAILABLE, within a second, while the store is away or once this
 * instance is closed. Nobody's chat may depend on it.
 */
export interface Presence {
  /**
   * This connection of this user reads this room. Idempotent. Lives for `ttlMs` by the store's own clock unless
   * {@link heartbeat} renews it, so a process that dies takes its people offline within that time.
   * What could not be stored is kept here all the same, and the next heartbeat that reaches the store brings it.
   */
  enter(roomId: string, connection: PresenceConnection): Promise<void>;

  /**
   * This connection no longer reads this room. Idempotent, and no later heartbeat brings it back: what could not be
   * removed from the store expires there. Resolves at once on a closed instance, which has left everything.
   */
  leave(roomId: string, connection: PresenceConnection): Promise<void>;

  /**
   * Renews everything this instance entered and has not left, also what the store forgot meanwhile. One round trip,
   * however many entries. The caller calls it about three times per `ttlMs`. Resolves at once on a closed instance.
   */
  heartbeat(): Promise<void>;

  /** Users with at least one live connection in the room, each once, sorted by id. A user with several connections goes offline with the last. */
  online(roomId: string): Promise<string[]>;

  /** Every live connection of every instance, for `/health` and operators, at most `limit`, in no particular order. */
  connections(options: { limit: number }): Promise<{ instanceId: string; userId: string; roomId: string }[]>;

  /** Resolves when the store answers, rejects with AppError UNAVAILABLE within a second when it does not. */
  ping(): Promise<void>;

  /** Leaves everything this instance entered, then disconnects. Idempotent. Never throws: with the store away the entries expire by themselves. */
  close(): Promise<void>;
}

export interface PresenceConnection {
  userId: string;
  /** Unique among this instance's connections. */
  connectionId: string;
}

export interface PresenceOptions {
  /** Names this process to operators. */
  instanceId: string;
  /** Unique to this run of the process, among all instances: a restarted process has another one. */
  bootId: string;
  /** How long an entry lives unrenewed, in whole milliseconds. @default 30000 */
  ttlMs?: number;
}
