/**
 * Who is online in which room. Presence lasts for seconds: if all of it is lost, the next heartbeats bring all of it back.
 * `memory-presence.ts` and `redis-presence.ts` keep every promise below; `presence.contract.ts` tests each promise on both.
 *
 * A call that needs the store rejects with AppError UNAVAILABLE, within a second, while the store is away or once this instance is
 * closed. Nobody's chat may depend on presence.
 */
export interface Presence {
  /**
   * Says that this connection of this user reads this room. Idempotent. The entry lives for `ttlMs` by the store's own clock unless
   * {@link heartbeat} renews it, so when a process dies, its people are offline within that time. An entry that could not be stored is
   * kept here all the same, and the next heartbeat that reaches the store brings it.
   */
  enter(roomId: string, connection: PresenceConnection): Promise<void>;

  /**
   * Says that this connection no longer reads this room. Idempotent, and no later heartbeat brings the entry back: an entry that could
   * not be removed from the store expires there. Resolves at once on a closed instance, which has left everything.
   */
  leave(roomId: string, connection: PresenceConnection): Promise<void>;

  /**
   * Renews every entry that this instance entered and has not left, also those that the store forgot meanwhile. One round trip, however
   * many entries. The caller does this about three times per `ttlMs`. Resolves at once on a closed instance.
   */
  heartbeat(): Promise<void>;

  /** Users with at least one live connection in the room, each once, sorted by id. A user with several connections goes offline with the last. */
  online(roomId: string): Promise<string[]>;

  /** Every live connection of every instance, for `/health` and operators, at most `limit`, in no particular order. */
  connections(options: { limit: number }): Promise<{ instanceId: string; userId: string; roomId: string }[]>;

  /** Resolves when the store answers, rejects with AppError UNAVAILABLE within a second when it does not. */
  ping(): Promise<void>;

  /**
   * Leaves everything this instance entered, then disconnects. Idempotent. Never throws: while the store is away, the entries expire by
   * themselves.
   */
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
