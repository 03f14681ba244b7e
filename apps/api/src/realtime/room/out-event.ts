import { durableEventId, ephemeralEventId, type DurableEvent, type EphemeralEvent, type RoomEventType } from '@parley/contracts';

/** One event on its way to the readers of a room. `id` is what a reader resumes from. */
export type OutEvent = DurableOut | EphemeralOut;

export interface DurableOut {
  id: string;
  event: DurableEvent;
  durable: true;
  lossy: false;
}

export interface EphemeralOut {
  id: string;
  event: EphemeralEvent;
  durable: false;
  /** True if the event may be left out for a reader that is behind: a snapshot, or the next event of the type, makes up for it; of thoughts nothing does. */
  lossy: boolean;
}

/** `hello` and `resync` are not among these: they are not durable either, but a reader that misses one is lost. */
const lossyTypes: ReadonlySet<RoomEventType> = new Set<RoomEventType>(['delta', 'snapshot', 'presence', 'typing', 'queue', 'thought']);

export function durableOut(event: DurableEvent): DurableOut {
  return { id: durableEventId(event.rev), event, durable: true, lossy: false };
}

/** Numbers the ephemeral events of one process. The boot nonce keeps ids of different processes apart. */
export class EphemeralIds {
  readonly #boot: string;
  #next = 0;

  constructor(boot: string) {
    this.#boot = boot;
  }

  /** @param rev the last durable rev the readers have been sent */
  out(rev: number, event: EphemeralEvent): EphemeralOut {
    return { id: ephemeralEventId(rev, this.#boot, this.#next++), event, durable: false, lossy: lossyTypes.has(event.type) };
  }
}
