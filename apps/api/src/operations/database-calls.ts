import { AppError } from '@parley/contracts';

export interface DatabaseCallsOptions {
  /** Whether the database is known to be away. */
  isAway(): boolean;
  /** How long a call may take while the database is away, in milliseconds. */
  patienceMs: number;
  /** Calls under way at once; one more is refused. */
  maxCalls: number;
}

interface Call {
  startedAt: number;
  giveUp(error: AppError): void;
}

const checkEveryMs = 100;

/**
 * The calls that wait for the database. A database that refuses says so by itself; one that is silent (frozen, or cut off without a
 * word) would hold every caller until the statement's own time limit. So while the database is known to be away no call waits longer
 * than `patienceMs`. While it answers anyone no call is given up here: a call that waits for a lock, or for a connection that such
 * calls hold, is late and not lost. What a call that was given up had begun may still be done: that is why sends carry a clientId.
 */
export class DatabaseCalls {
  readonly #options: DatabaseCallsOptions;
  readonly #calls = new Set<Call>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: DatabaseCallsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#giveUpLate(), checkEveryMs);
    this.#timer.unref();
  }

  /** Calls under way. */
  get count(): number {
    return this.#calls.size;
  }

  /** @throws AppError UNAVAILABLE when the database is away and the work took too long, or too much is under way; and what `work` throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#calls.size >= this.#options.maxCalls) throw new AppError('UNAVAILABLE', 'The server is busy. Try again in a moment.');
    let giveUp!: (error: AppError) => void;
    const givenUp = new Promise<never>((_, reject) => (giveUp = reject));
    const call: Call = { startedAt: performance.now(), giveUp };
    this.#calls.add(call);
    try {
      return await Promise.race([work(), givenUp]);
    } finally {
      this.#calls.delete(call);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #giveUpLate(): void {
    if (this.#calls.size === 0 || !this.#options.isAway()) return;
    const latest = performance.now() - this.#options.patienceMs;
    // In the order they began, so that the first which is not late ends the search.
    for (const call of this.#calls) {
      if (call.startedAt > latest) return;
      call.giveUp(new AppError('UNAVAILABLE', 'The database does not answer just now. It is safe to try again.'));
    }
  }
}
