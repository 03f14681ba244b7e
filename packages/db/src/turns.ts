export interface TurnsOptions {
  /** How many may have a turn at once. */
  max: number;
  /** How long a caller waits before {@link TurnsOptions.isThere} is asked, and asked again, in milliseconds. */
  patienceMs: number;
  /** Whether the thing that all callers wait for still answers anyone. */
  isThere(): Promise<boolean>;
}

interface Waiting {
  since: number;
  begin(): void;
  refuse(error: Error): void;
}

/**
 * Lets `max` callers at a time have a turn, in the order in which they came. Waiting has no time limit, because a statement that waits
 * for a lock may hold its turn for long; it ends with an error only when the thing that all wait for has gone silent. The caller must
 * bound how many wait.
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

  /** How many wait for a turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Takes a turn, which the caller ends by {@link Turns.pass}. Returns null if the turn begins at once, as it mostly does: that saves a
   * promise for every statement.
   *
   * @returns a promise that resolves when the turn begins; it rejects with an error that `isUnavailable` knows, and then there is no
   *   turn to end
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
        // They are in the order in which they came: the first that has not waited long enough ends the search.
        if (waiting.since > latest) break;
        this.#waiting.delete(waiting);
        waiting.refuse(new Error('timeout exceeded when trying to connect: the database does not answer'));
      }
    }
    this.#timer = null;
    this.#watch();
  }
}
