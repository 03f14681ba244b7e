import type { Bus } from '@parley/bus';
import { channels, maxShownThought, type RoomThoughtPayload } from '@parley/contracts';

/** How long thoughts are collected before they are told, in milliseconds: few read along, so they may be four pieces a second. */
const windowMs = 250;

/** The attempt whose thoughts are told. `to`: the id of whoever asked, if nobody else may read the answer. */
export interface ThoughtsOf {
  roomId: string;
  messageId: string;
  attempt: number;
  to?: string;
}

/**
 * Tells the readers of a room what a model thinks while it thinks; of a private answer its asker alone (`to`). Nobody keeps it: who comes later sees it from there on, and what the bus loses
 * is lost. Of one attempt no more than {@link maxShownThought} is told.
 */
export class ThoughtChannel {
  readonly #bus: Pick<Bus, 'publish'>;
  readonly #of: ThoughtsOf;
  #waiting = '';
  #told = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(bus: Pick<Bus, 'publish'>, of: ThoughtsOf) {
    this.#bus = bus;
    this.#of = of;
  }

  add(thought: string): void {
    const room = maxShownThought - this.#told - this.#waiting.length;
    if (this.#closed || thought === '' || room <= 0) return;
    this.#waiting += thought.slice(0, room);
    this.#timer ??= setTimeout(() => this.#tell(), this.#told === 0 ? 0 : windowMs);
  }

  /** Call this when the attempt is over: nothing more is told. */
  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #tell(): void {
    this.#timer = null;
    // Half of a character waits for its other half.
    const whole = /[\ud800-\udbff]$/.test(this.#waiting) ? this.#waiting.slice(0, -1) : this.#waiting;
    this.#waiting = this.#waiting.slice(whole.length);
    if (whole === '') return;
    const { roomId, ...of } = this.#of;
    const piece: RoomThoughtPayload = { ...of, offset: this.#told, text: whole.toWellFormed() };
    this.#told += whole.length;
    this.#bus.publish(channels.roomThoughts(roomId), piece);
  }
}
