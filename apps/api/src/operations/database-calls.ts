import { AppError } from '@parley/contracts';

export interface DatabaseCallsOptions {
  /** Whether the database is known to be away. */
  isAway(): boolean;
  /** How long a call may take while the database is away, in milliseconds. */
  patienceMs: number;
  /** Calls under way at once; the next is refused. */
  maxCalls: number;
}

interface Call {
  startedAt: number;
  giveUp(error: AppError): void;
}

const checkEveryMs = 100;

/**
 * The calls that wait for the database. A database that refuses says so at once; a silent one (frozen, or cut off) would hold every
 * caller until the statement's own time limit. So while the database is known to be away, no call waits longer than `patienceMs`. While
 * the database answers anyone, no call is given up: a call that waits for a lock, or for a connection, is only late. The database may
 * still finish a call that was given up, which is why sends carry a clientId.
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

  /**
   * @throws AppError UNAVAILABLE if the database is away and the work took too long, or if too many calls are under way; also whatever
   * `work` throws
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#calls.size >= this.#options.maxCalls) throw new AppError('UNAVAILABLE', 'The server is busy. Try again in a moment.');
    const call: Call = { startedAt: performance.now(), giveUp: () => {} };
    this.#calls.add(call);
    try {
      return await new Promise<T>((resolve, reject) => {
        call.giveUp = reject;
        work().then(resolve, reject);
      });
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
    // The calls stand in the order they began, so the first call that is not late ends the search.
    for (const call of this.#calls) {
      if (call.startedAt > latest) return;
      call.giveUp(new AppError('UNAVAILABLE', 'The database does not answer just now. It is safe to try again.'));
    }
  }
}
