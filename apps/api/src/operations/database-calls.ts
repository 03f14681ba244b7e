import { AppError } from '@parley/contracts';
import { FairQueue, type Turn } from './fair-queue.js';

export interface DatabaseCallsOptions {
  /** Whether the database is known to be away. */
  isAway(): boolean;
  /** How long a call may take while the database is away, in milliseconds. */
  patienceMs: number;
  /** Calls under way or waiting for their turn; the next is refused, unless its caller has none of them. */
  maxCalls: number;
  /** Calls of one account that run at once. @default 8 */
  perPerson?: number;
  /** Calls of all accounts that run at once; beyond, accounts take turns. @default 64 */
  atOnce?: number;
  /** Told of a call that was refused. @default nobody is told */
  onBound?: (bound: 'calls' | 'calls_of_caller') => void;
}

/** Whose call it is: of an account, or of an address where nobody is signed in. */
export type CallSource = { userId: string } | { address: string };

interface Call {
  startedAt: number;
  over: boolean;
  giveUp(error: AppError): void;
}

const checkEveryMs = 100;

/** Calls of one account that may wait for its others; many times what a page has under way at its worst, when it comes back. */
const maxWaitingOfPerson = 1_000;
/**
 * Calls of one address where nobody is signed in, at once and waiting. An office may be behind it, and such calls have limits of their own.
 * They may wait for long (sign-ins are held up, and passwords hashed, see limits/call-brake.ts), so they take no turn of an account's.
 */
const ofAddress = { perCaller: 32, maxWaiting: 5_000 };

/**
 * The calls that wait for the database. A database that refuses says so at once; a silent one (frozen, or cut off) would hold every
 * caller until the statement's own time limit. So while the database is known to be away, no call waits longer than `patienceMs`. While
 * the database answers anyone, no call is given up: a call that waits for a lock, or for a connection, is only late. The database may
 * still finish a call that was given up, which is why sends carry a clientId.
 *
 * The database takes what it is asked in that order, so callers take turns here: {@link FairQueue}.
 */
export class DatabaseCalls {
  readonly #options: DatabaseCallsOptions;
  readonly #calls = new Set<Call>();
  readonly #timer: NodeJS.Timeout;
  readonly #people: FairQueue;
  readonly #addresses = new FairQueue(ofAddress);

  constructor(options: DatabaseCallsOptions) {
    this.#options = options;
    this.#people = new FairQueue({ perCaller: options.perPerson ?? 8, atOnce: options.atOnce ?? 64, maxWaiting: maxWaitingOfPerson });
    this.#timer = setInterval(() => this.#giveUpLate(), checkEveryMs);
    this.#timer.unref();
  }

  /** Calls under way, those that wait for their turn too. */
  get count(): number {
    return this.#calls.size;
  }

  /**
   * @param source whose call it is. Without one it waits for no turn: what the server itself asks, or what lasts
   * @throws AppError UNAVAILABLE if the database is away and the work took too long, or if too many calls are under way; RATE_LIMITED if
   * too many of this caller wait; also whatever `work` throws
   */
  async run<T>(work: () => Promise<T>, source?: CallSource): Promise<T> {
    const [queue, key] = source ? this.#queueOf(source) : [null, ''];
    if (this.#calls.size >= this.#options.maxCalls && !queue?.isIdle(key)) {
      this.#options.onBound?.('calls');
      throw new AppError('UNAVAILABLE', 'The server is busy. Try again in a moment.');
    }
    const turn = this.#enter(queue, key);
    const call: Call = { startedAt: performance.now(), over: false, giveUp: () => {} };
    this.#calls.add(call);
    try {
      return await new Promise<T>((resolve, reject) => {
        call.giveUp = reject;
        const begin = () => void work().then(resolve, reject);
        if (turn?.begins) void turn.begins.then(() => call.over || begin());
        else begin();
      });
    } finally {
      call.over = true;
      this.#calls.delete(call);
      turn?.leave();
    }
  }

  #enter(queue: FairQueue | null, key: string): Turn | undefined {
    try {
      return queue?.enter(key);
    } catch (error) {
      this.#options.onBound?.('calls_of_caller');
      throw error;
    }
  }

  #queueOf(source: CallSource): [FairQueue, string] {
    return 'userId' in source ? [this.#people, source.userId] : [this.#addresses, source.address];
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
