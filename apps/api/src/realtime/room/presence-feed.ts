import { channels } from '@parley/contracts';
import type { Bus } from '@parley/bus';
import type { Presence } from '@parley/presence';
import type { RoomHubs } from './room-hubs.js';

export interface PresenceFeedOptions {
  heartbeatMs: number;
  /** Changes of a room are told at most this often, in milliseconds. @default 1000 */
  coalesceMs?: number;
  /** Above this many people a count is told instead of names. @default 100 */
  maxNames?: number;
}

/**
 * Keeps the registry of who reads which room, and tells each room's readers when it changes. A store that is away makes
 * presence late, never chat: its own connection reports the failure, and the next heartbeat brings everything back.
 */
export class PresenceFeed {
  readonly #presence: Presence;
  readonly #bus: Bus;
  readonly #options: Required<PresenceFeedOptions>;
  readonly #due = new Set<string>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #heartbeat: NodeJS.Timeout;
  #hubs: RoomHubs | null = null;

  constructor(presence: Presence, bus: Bus, options: PresenceFeedOptions) {
    this.#presence = presence;
    this.#bus = bus;
    this.#options = { coalesceMs: 1_000, maxNames: 100, ...options };
    this.#heartbeat = setInterval(() => void this.#beat(), options.heartbeatMs);
  }

  /** The hubs to tell; they and this feed need each other. */
  tell(hubs: RoomHubs): void {
    this.#hubs = hubs;
  }

  entered(roomId: string, userId: string, connectionId: string): void {
    void this.#change(roomId, this.#presence.enter(roomId, { userId, connectionId }));
  }

  left(roomId: string, userId: string, connectionId: string): void {
    void this.#change(roomId, this.#presence.leave(roomId, { userId, connectionId }));
  }

  /** Someone, here or elsewhere, came or went: the room's readers are told within the coalescing time. */
  refresh(roomId: string): void {
    if (this.#due.has(roomId)) return;
    this.#due.add(roomId);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#due.delete(roomId);
      void this.#tell(roomId);
    }, this.#options.coalesceMs);
    this.#timers.add(timer);
  }

  close(): void {
    clearInterval(this.#heartbeat);
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #change(roomId: string, change: Promise<void>): Promise<void> {
    try {
      await change;
    } catch {
      // Reported once by the store's connection; the entry is kept and the next heartbeat brings it.
    }
    this.#bus.publish(channels.roomSignals(roomId), { type: 'presence' });
  }

  async #beat(): Promise<void> {
    try {
      await this.#presence.heartbeat();
    } catch {
      // As above.
    }
    // A process that died says nothing: its people are noticed missing here.
    for (const hub of this.#hubs?.hubs() ?? []) this.refresh(hub.roomId);
  }

  async #tell(roomId: string): Promise<void> {
    const hub = this.#hubs?.get(roomId);
    if (!hub || hub.readerCount === 0) return;
    try {
      const online = await this.#presence.online(roomId);
      hub.setPresence(online.length > this.#options.maxNames ? { onlineCount: online.length } : { online });
    } catch {
      // The room keeps what it last knew.
    }
  }
}
