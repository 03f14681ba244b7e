import { AppError } from '@parley/contracts';

export interface FairQueueOptions {
  /** How many of one caller go on at once; the next waits for one of them. */
  perCaller: number;
  /** How many of all callers go on at once; the next wait, and callers take turns. @default any number */
  atOnce?: number;
  /** How many of one caller may wait; the next is refused. */
  maxWaiting: number;
}

/** A place in the queue. */
export interface Turn {
  /** Resolves when it is this one's turn; null if that was at once. */
  readonly begins: Promise<void> | null;
  /** Gives the place up, whether or not its turn came. To be called once. */
  leave(): void;
}

interface Caller {
  running: number;
  waiting: Set<WaitingTurn>;
}

interface WaitingTurn extends Turn {
  begin(): void;
}

/** How long a caller whose place is refused is told to wait, in milliseconds. */
const retryAfterMs = 1_000;

/**
 * Lets callers go on by turns, so that one who asks for thousands of things at once waits for these himself, and another waits for a few of
 * each caller at most. A caller's own turns come in the order in which they were asked for.
 *
 * Who waited begins only after the process has read what came meanwhile. PGlite answers without a pause in between: the thousands would
 * follow one another, and nobody would see that another asks for something.
 */
export class FairQueue {
  readonly #perCaller: number;
  readonly #atOnce: number;
  readonly #maxWaiting: number;
  readonly #callers = new Map<string, Caller>();
  /** The callers of whom another one could begin, but for `atOnce`. The first is next; whoever had a turn goes to the end. */
  readonly #ready = new Set<Caller>();
  #running = 0;
  #goesOn = false;

  constructor({ perCaller, atOnce = Infinity, maxWaiting }: FairQueueOptions) {
    this.#perCaller = perCaller;
    this.#atOnce = atOnce;
    this.#maxWaiting = maxWaiting;
  }

  /** Whether the caller has nothing under way, nor waiting. */
  isIdle(key: string): boolean {
    return !this.#callers.has(key);
  }

  /** @throws AppError RATE_LIMITED with `retryAfterMs` if too many of the caller wait already */
  enter(key: string): Turn {
    let caller = this.#callers.get(key);
    if (!caller) this.#callers.set(key, (caller = { running: 0, waiting: new Set() }));
    // Nobody begins before those who wait: their turn comes as soon as there is room.
    if (caller.running < this.#perCaller && this.#running < this.#atOnce && caller.waiting.size === 0 && this.#ready.size === 0) {
      this.#begin(caller);
      return { begins: null, leave: () => this.#end(key, caller) };
    }
    if (caller.waiting.size >= this.#maxWaiting) throw new AppError('RATE_LIMITED', undefined, { retryAfterMs });
    return this.#wait(key, caller);
  }

  #wait(key: string, caller: Caller): Turn {
    let begin!: () => void;
    const begins = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const turn: WaitingTurn = {
      begins,
      begin,
      leave: () => {
        if (!caller.waiting.delete(turn)) return this.#end(key, caller);
        this.#forget(key, caller);
      },
    };
    caller.waiting.add(turn);
    this.#note(caller);
    return turn;
  }

  #begin(caller: Caller): void {
    caller.running++;
    this.#running++;
  }

  #end(key: string, caller: Caller): void {
    caller.running--;
    this.#running--;
    this.#note(caller);
    this.#forget(key, caller);
    if (this.#goesOn || this.#ready.size === 0) return;
    this.#goesOn = true;
    setImmediate(() => this.#goOn());
  }

  /** Lets those begin whose turn it is. */
  #goOn(): void {
    this.#goesOn = false;
    for (const caller of this.#ready) {
      if (this.#running >= this.#atOnce) return;
      this.#ready.delete(caller);
      const [turn] = caller.waiting;
      if (!turn) continue;
      caller.waiting.delete(turn);
      this.#begin(caller);
      // Behind all others who wait: this loop comes to the caller again if there is room.
      this.#note(caller);
      turn.begin();
    }
  }

  #note(caller: Caller): void {
    if (caller.waiting.size > 0 && caller.running < this.#perCaller) this.#ready.add(caller);
  }

  #forget(key: string, caller: Caller): void {
    if (caller.waiting.size > 0) return;
    this.#ready.delete(caller);
    if (caller.running === 0) this.#callers.delete(key);
  }
}
