import { serverParts, type ServerPart } from '@parley/contracts';

export interface PartsWatchOptions {
  /** Each resolves once its part has answered, and rejects if it is known to be away. One that never settles is no answer either. */
  checks: Record<ServerPart, () => Promise<void>>;
  /** How often each part is asked, in milliseconds. */
  everyMs: number;
  /** A part that has not answered for this long is away, in milliseconds. */
  limitMs: number;
  /** Told once at each change. */
  onChange(part: ServerPart, state: 'ok' | 'away', error: unknown): void;
}

/** Questions to one part that may be without an answer at once: a frozen server gets no more, a new way to it is tried all the same. */
const maxUnanswered = 3;

interface Watched {
  away: boolean;
  unanswered: number;
  lastAnswerAt: number;
}

/**
 * Asks each part again and again whether it is there, so that whoever wants to know (`/health`, the page, a call that waits) is told
 * at once and at no cost. Late by `everyMs` and `limitMs` together at most.
 */
export class PartsWatch {
  readonly #options: PartsWatchOptions;
  readonly #parts: Record<ServerPart, Watched>;
  readonly #listeners = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  #away: readonly ServerPart[] = [];
  #closed = false;

  constructor(options: PartsWatchOptions) {
    this.#options = options;
    const watched = (): Watched => ({ away: false, unanswered: 0, lastAnswerAt: performance.now() });
    this.#parts = { database: watched(), bus: watched(), presence: watched(), limits: watched() };
    this.#timer = setInterval(() => this.#checkAll(), options.everyMs);
    this.#checkAll();
  }

  /** The parts that are away, in a fixed order; the same array until something changed. */
  get away(): readonly ServerPart[] {
    return this.#away;
  }

  isAway(part: ServerPart): boolean {
    return this.#parts[part].away;
  }

  /** Called after each change of {@link away}. @returns a function that ends the subscription */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Someone has reason to doubt a part: it is asked now. */
  check(part: ServerPart): void {
    const watched = this.#parts[part];
    if (this.#closed || watched.unanswered >= maxUnanswered) return;
    watched.unanswered++;
    const askedAt = performance.now();
    const failed = (error: unknown) => {
      // An answer to a later question counts for more.
      if (watched.lastAnswerAt <= askedAt) this.#set(part, true, error);
    };
    const timer = setTimeout(
      // An answer may lie unread behind whatever kept this process busy: it is read first.
      () => setImmediate(() => watched.lastAnswerAt <= askedAt && failed(new Error(`no answer in ${this.#options.limitMs} ms`))),
      this.#options.limitMs,
    );
    this.#options.checks[part]()
      .then(() => {
        watched.lastAnswerAt = performance.now();
        this.#set(part, false, null);
      }, failed)
      .finally(() => {
        watched.unanswered--;
        clearTimeout(timer);
      });
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  #checkAll(): void {
    for (const part of serverParts) this.check(part);
  }

  #set(part: ServerPart, away: boolean, error: unknown): void {
    if (this.#closed || this.#parts[part].away === away) return;
    this.#parts[part].away = away;
    this.#away = serverParts.filter((each) => this.#parts[each].away);
    this.#options.onChange(part, away ? 'away' : 'ok', error);
    for (const listener of this.#listeners) listener();
  }
}
