import type { Membership } from './load-membership.js';

export interface CacheEntry {
  membership: Membership;
  /** When reading the membership began, by the process's monotonic clock, in milliseconds. */
  readAt: number;
}

/** A bounded cache of memberships by person and room. It drops the least recently used entry first, and can drop all entries of a room. */
export class MembershipCache {
  readonly #maxEntries: number;
  /** In order of use. */
  readonly #entries = new Map<string, CacheEntry>();
  readonly #usersByRoom = new Map<string, Set<string>>();

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get(userId: string, roomId: string): CacheEntry | undefined {
    const key = keyOf(userId, roomId);
    const entry = this.#entries.get(key);
    if (entry) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry;
  }

  set(userId: string, roomId: string, entry: CacheEntry): void {
    this.delete(userId, roomId);
    this.#entries.set(keyOf(userId, roomId), entry);
    const users = this.#usersByRoom.get(roomId);
    if (users) users.add(userId);
    else this.#usersByRoom.set(roomId, new Set([userId]));
    if (this.#entries.size > this.#maxEntries) {
      const [oldestRoomId, oldestUserId] = this.#entries.keys().next().value!.split(' ') as [string, string];
      this.delete(oldestUserId, oldestRoomId);
    }
  }

  delete(userId: string, roomId: string): void {
    if (!this.#entries.delete(keyOf(userId, roomId))) return;
    const users = this.#usersByRoom.get(roomId);
    users?.delete(userId);
    if (users?.size === 0) this.#usersByRoom.delete(roomId);
  }

  deleteRoom(roomId: string): void {
    for (const userId of this.#usersByRoom.get(roomId) ?? []) this.#entries.delete(keyOf(userId, roomId));
    this.#usersByRoom.delete(roomId);
  }
}

function keyOf(userId: string, roomId: string): string {
  return `${roomId} ${userId}`;
}
