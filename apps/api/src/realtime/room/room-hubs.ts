import { AppError } from '@parley/contracts';
import { HeadSchedule, type HeadScheduleOptions } from './head-schedule.js';
import { RoomHub, type RoomHubDeps, type RoomHubOptions } from './room-hub.js';

export interface RoomHubsOptions extends RoomHubOptions, HeadScheduleOptions {
  /** How long a room stays open after its last reader left, in milliseconds: switching back costs nothing. */
  lingerMs: number;
  /** Told of each comparison of heads with the database. @default nobody is told */
  onSwept?: (seconds: number, repaired: number) => void;
}

interface Entry {
  hub: RoomHub;
  opened: Promise<void>;
  holders: number;
  lingering: NodeJS.Timeout | null;
}

/**
 * The rooms that this process has open; the readers of a room share its hub. Heads are compared with the database, so that an event
 * that the bus lost is late, never missing.
 */
export class RoomHubs {
  readonly #deps: RoomHubDeps;
  readonly #options: RoomHubsOptions;
  readonly #rooms = new Map<string, Entry>();
  readonly #schedule: HeadSchedule;
  #closed = false;

  constructor(deps: RoomHubDeps, options: RoomHubsOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#schedule = new HeadSchedule(options, {
      all: () => this.#compare([...this.#rooms.keys()]),
      of: (roomIds) => this.#compare(roomIds),
    });
  }

  /** Rooms open now, and readers in them. */
  get counts(): { rooms: number; readers: number } {
    let readers = 0;
    for (const { hub } of this.#rooms.values()) readers += hub.readerCount;
    return { rooms: this.#rooms.size, readers };
  }

  *hubs(): Generator<RoomHub> {
    for (const { hub } of this.#rooms.values()) yield hub;
  }

  get(roomId: string): RoomHub | undefined {
    return this.#rooms.get(roomId)?.hub;
  }

  /** Returns the room's hub once it is open. Callers at the same time share one opening. {@link release} the hub when done. */
  async acquire(roomId: string, first: { userId: string; sessionId: string }): Promise<RoomHub> {
    if (this.#closed) throw new AppError('UNAVAILABLE', 'This instance is stopping. Reconnect.');
    let entry = this.#rooms.get(roomId);
    if (!entry) {
      const hub = new RoomHub(roomId, this.#deps, this.#options);
      entry = { hub, opened: hub.open(first), holders: 0, lingering: null };
      this.#rooms.set(roomId, entry);
      this.#schedule.recheckSoon(roomId);
      entry.opened.catch(() => this.#drop(roomId, hub));
    }
    entry.holders++;
    if (entry.lingering) clearTimeout(entry.lingering);
    entry.lingering = null;
    try {
      await entry.opened;
      return entry.hub;
    } catch (error) {
      entry.holders--;
      throw error;
    }
  }

  release(hub: RoomHub): void {
    const entry = this.#rooms.get(hub.roomId);
    if (entry?.hub !== hub) return;
    entry.holders--;
    if (entry.holders > 0) return;
    entry.lingering = setTimeout(() => this.#drop(hub.roomId, hub), this.#options.lingerMs);
  }

  /**
   * Compares heads with the database now: all of them, unless rooms are named. Called after the bus came back, and every few seconds.
   *
   * @returns how many rooms were behind, or ahead
   */
  async compareHeads(roomIds: string[] = [...this.#rooms.keys()]): Promise<number> {
    if (roomIds.length === 0) return 0;
    // Take the positions before asking the database: it had whatever a hub has now.
    const positions = new Map(roomIds.map((roomId) => [roomId, this.#rooms.get(roomId)?.hub.rev ?? 0]));
    const heads = await this.#deps.source.loadHeads(roomIds);
    const noted = await Promise.all(
      Array.from(heads, ([roomId, head]) => this.#rooms.get(roomId)?.hub.noteHead(head, positions.get(roomId)!)),
    );
    return noted.filter(Boolean).length;
  }

  close(): void {
    this.#closed = true;
    this.#schedule.close();
    for (const [roomId, { hub }] of this.#rooms) this.#drop(roomId, hub);
  }

  #drop(roomId: string, hub: RoomHub): void {
    const entry = this.#rooms.get(roomId);
    if (entry?.hub !== hub) return;
    if (entry.lingering) clearTimeout(entry.lingering);
    this.#rooms.delete(roomId);
    hub.close();
  }

  async #compare(roomIds: string[]): Promise<void> {
    const startedAt = performance.now();
    try {
      const repaired = await this.compareHeads(roomIds);
      this.#options.onSwept?.((performance.now() - startedAt) / 1000, repaired);
    } catch (error) {
      this.#deps.onError(error, { roomId: '*', operation: 'compare heads' });
    }
  }
}
