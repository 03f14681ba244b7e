import { channels, maxNamedOnline } from '@parley/contracts';
import type { Bus } from '@parley/bus';
import type { Presence } from '@parley/presence';
import type { RoomHubs } from './room-hubs.js';

export interface PresenceFeedOptions {
  heartbeatMs: number;
  /** The feed tells a room's changes at most this often, in milliseconds. @default 1000 */
  coalesceMs?: number;
  /** Above this many people the feed tells a count instead of names. @default 100 */
  maxNames?: number;
}

/**
 * Keeps the registry of who reads which room, and tells each room's readers when that changes. A store that is away makes presence late,
 * but never chat: the store's own connection reports the failure, and the next heartbeat brings everything back.
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
    this.#options = { coalesceMs: 1_000, maxNames: maxNamedOnline, ...options };
    this.#heartbeat = setInterval(() => void this.#beat(), options.heartbeatMs);
  }

  /** Sets the hubs to tell. The hubs and this feed need each other, so the constructor cannot take them. */
  tell(hubs: RoomHubs): void {
    this.#hubs = hubs;
  }

  entered(roomId: string, userId: string, connectionId: string): void {
    void this.#change(roomId, this.#presence.enter(roomId, { userId, connectionId }));
  }

  left(roomId: string, userId: string, connectionId: string): void {
    void this.#change(roomId, this.#presence.leave(roomId, { userId, connectionId }));
  }

  /** Tells the room's readers, within the coalescing time, that someone came or went, here or elsewhere. */
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
      // The store's connection reports the failure. An entry is kept here, and the next heartbeat brings it to the store.
    }
    this.#bus.publish(channels.roomSignals(roomId), { type: 'presence' });
  }

  async #beat(): Promise<void> {
    try {
      await this.#presence.heartbeat();
    } catch {
      // The store's connection reports this failure too.
    }
    // A process that died tells nobody that its people left, so look at every room again.
    for (const hub of this.#hubs?.hubs() ?? []) this.refresh(hub.roomId);
  }

  async #tell(roomId: string): Promise<void> {
    const hub = this.#hubs?.get(roomId);
    if (!hub || hub.readerCount === 0) return;
    try {
      const online = await this.#presence.online(roomId);
      hub.setPresence(online.length > this.#options.maxNames ? { onlineCount: online.length } : { online });
    } catch {
      // The room keeps the presence that it last knew.
    }
  }
}
