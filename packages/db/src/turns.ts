export interface TurnsOptions {
  /** How many may have a turn at once. */
  max: number;
  /** How long who waits is left alone before {@link TurnsOptions.isThere} is asked, in milliseconds; asked again after as long. */
  patienceMs: number;
  /** Whether what all wait for still answers anyone. */
  isThere(): Promise<boolean>;
}

interface Waiting {
  since: number;
  begin(): void;
  refuse(error: Error): void;
}

/**
 * Lets `max` at a time have a turn, in the order in which they came. Waiting is not limited by time, as turns may be held for long by
 * those who wait for a lock; it ends with an error only when what all wait for has gone silent. How many wait is the caller's to bound.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #waiting = new Set<Waiting>();
  #free: number;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#free = options.max;
  }

  /**
   * Takes a turn, which the caller ends by {@link Turns.pass}. Returns null if the turn begins at once, as it does mostly: a promise less
   * for every statement.
   *
   * @returns resolves when the turn begins. It rejects with an error that `isUnavailable` knows, and then there is no turn to end
   */
  take(): Promise<void> | null {
    if (this.#free > 0) {
      this.#free--;
      return null;
    }
    return new Promise((begin, refuse) => {
      this.#waiting.add({ since: performance.now(), begin, refuse });
      this.#watch();
    });
  }

  /** Ends a turn: the next one begins. */
  pass(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next.begin();
  }

  #watch(): void {
    if (this.#waiting.size > 0 && this.#timer === null) this.#timer = setTimeout(() => void this.#look(), this.#options.patienceMs);
  }

  async #look(): Promise<void> {
    const isThere = this.#waiting.size === 0 || (await this.#options.isThere());
    const latest = performance.now() - this.#options.patienceMs;
    if (!isThere) {
      for (const waiting of this.#waiting) {
        // In the order in which they came: the first that has not waited long enough ends the search.
        if (waiting.since > latest) break;
        this.#waiting.delete(waiting);
        waiting.refuse(new Error('timeout exceeded when trying to connect: the database does not answer'));
      }
    }
    this.#timer = null;
    this.#watch();
  }
}
