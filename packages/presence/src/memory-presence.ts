import { AppError } from '@parley/contracts';
import type { Presence, PresenceConnection, PresenceOptions } from './presence.js';

interface Entry {
  instanceId: string;
  userId: string;
  expiresAt: number;
}

/** The store that all instances share: room → connection → entry. One process may run several instances over one store. */
export type MemoryPresenceStore = Map<string, Map<string, Entry>>;

export interface MemoryPresenceOptions extends PresenceOptions {
  /** The time in milliseconds, by a clock that never jumps and that all instances of a store share. @default performance.now */
  now?: () => number;
  /** @default a store of its own */
  store?: MemoryPresenceStore;
}

/** Presence within one process: the embedded shape. */
export function createMemoryPresence(options: MemoryPresenceOptions): Presence {
  const { instanceId, bootId, ttlMs = 30_000, now = () => performance.now(), store = new Map() } = options;
  if (!Number.isInteger(ttlMs) || ttlMs < 1) throw new RangeError(`ttlMs must be a whole number from 1, not ${ttlMs}`);
  /** Everything this instance entered and has not left: room → connection → user. */
  const entered = new Map<string, Map<string, string>>();
  let closed = false;

  const idOf = ({ userId, connectionId }: PresenceConnection) => JSON.stringify([userId, bootId, connectionId]);

  function assertOpen(): void {
    if (closed) throw new AppError('UNAVAILABLE', undefined, { cause: new Error('presence is closed') });
  }

  function put(roomId: string, id: string, userId: string): void {
    within(store, roomId).set(id, { instanceId, userId, expiresAt: now() + ttlMs });
  }

  function remove<V>(rooms: Map<string, Map<string, V>>, roomId: string, id: string): void {
    const room = rooms.get(roomId);
    room?.delete(id);
    if (room?.size === 0) rooms.delete(roomId);
  }

  /** Drops the entries of instances that stopped renewing them. */
  function sweep(): void {
    for (const [roomId, room] of store) {
      for (const [id, entry] of room) if (entry.expiresAt <= now()) remove(store, roomId, id);
    }
  }

  function live(roomId: string): Entry[] {
    return [...(store.get(roomId)?.values() ?? [])].filter((entry) => entry.expiresAt > now());
  }

  return {
    async enter(roomId, connection) {
      assertOpen();
      const id = idOf(connection);
      within(entered, roomId).set(id, connection.userId);
      put(roomId, id, connection.userId);
    },

    async leave(roomId, connection) {
      const id = idOf(connection);
      remove(entered, roomId, id);
      remove(store, roomId, id);
    },

    async heartbeat() {
      sweep();
      for (const [roomId, room] of entered) for (const [id, userId] of room) put(roomId, id, userId);
    },

    async online(roomId) {
      assertOpen();
      return [...new Set(live(roomId).map((entry) => entry.userId))].sort();
    },

    async connections({ limit }) {
      assertOpen();
      const found: { instanceId: string; userId: string; roomId: string }[] = [];
      for (const roomId of store.keys()) {
        for (const entry of live(roomId)) {
          if (found.length >= limit) return found;
          found.push({ instanceId: entry.instanceId, userId: entry.userId, roomId });
        }
      }
      return found;
    },

    async ping() {
      assertOpen();
    },

    async close() {
      closed = true;
      for (const [roomId, room] of entered) for (const id of room.keys()) remove(store, roomId, id);
      entered.clear();
    },
  };
}

function within<V>(rooms: Map<string, Map<string, V>>, roomId: string): Map<string, V> {
  let room = rooms.get(roomId);
  if (!room) rooms.set(roomId, (room = new Map()));
  return room;
}
