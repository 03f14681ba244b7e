import { AppError } from '@parley/contracts';
import type { EventRing } from './event-ring.js';
import { durableOut, type DurableOut } from './out-event.js';
import type { RoomLog, RoomLogOptions } from './room-log.js';
import type { RoomSource } from './room-source.js';

/** Where a reader is: the rev it has seen, null for a reader that starts at the head. */
export type Position = number | null;

/** Reads what changed in a room after a reader's position, up to where the hub's ring goes on. */
export class MissedEvents {
  readonly #roomId: string;
  readonly #source: Pick<RoomSource, 'loadChanges'>;
  readonly #log: RoomLog;
  readonly #ring: EventRing;
  readonly #options: Pick<RoomLogOptions, 'pageSize' | 'maxReplay'>;

  constructor(
    roomId: string,
    source: Pick<RoomSource, 'loadChanges'>,
    log: RoomLog,
    ring: EventRing,
    options: Pick<RoomLogOptions, 'pageSize' | 'maxReplay'>,
  ) {
    this.#roomId = roomId;
    this.#source = source;
    this.#log = log;
    this.#ring = ring;
    this.#options = options;
  }

  /**
   * The changes after `position`, read from the database up to where the ring goes on. Null if there are more changes than are replayed,
   * or if `position` is none of this room's.
   *
   * @throws AppError UNAVAILABLE where the room cannot be read
   */
  async read(position: Position): Promise<{ events: DurableOut[]; upTo: number } | null> {
    if (position === null) return { events: [], upTo: Number.POSITIVE_INFINITY };
    if (position > (this.#log.rev ?? 0)) return null;
    const events: DurableOut[] = [];
    let upTo = position;
    while (!this.#log.closed && !this.#ring.after(upTo)) {
      const page = await this.#source.loadChanges(this.#roomId, upTo, this.#options.pageSize);
      events.push(...page.events.map(durableOut));
      if (!page.complete && events.length >= this.#options.maxReplay) return null;
      upTo = page.complete ? page.head.rev : page.events.at(-1)!.rev;
      // The page may be ahead of the hub. Wait until the hub has come so far, or it would deliver the page's events a second time.
      if (!(await this.#log.reach(upTo))) throw unreadable();
    }
    return { events, upTo };
  }
}

export function unreadable(): AppError {
  return new AppError('UNAVAILABLE', 'The room could not be read just now. Try again.');
}
