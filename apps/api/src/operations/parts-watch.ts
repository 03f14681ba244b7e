import { serverParts, type ServerPart } from '@parley/contracts';
import { ListeningClock } from './listening-clock.js';

export interface PartsWatchOptions {
  /**
   * Each check resolves once its part has answered, and rejects if the part is known to be away. A check that never settles counts as
   * silence.
   */
  checks: Record<ServerPart, () => Promise<void>>;
  /**
   * When a part last answered any caller, not only these checks, by the process's monotonic clock in milliseconds. A part with this
   * function is away only after a while without any answer: one failed check means nothing while other callers get answers.
   */
  lastAnswerAt: Partial<Record<ServerPart, () => number>>;
  /** How often each part is asked, in milliseconds. */
  everyMs: number;
  /**
   * A part that is silent for this long is away, in milliseconds. Time in which this process could not read answers does not count. A
   * part that refuses is away at once, or, where {@link PartsWatchOptions.lastAnswerAt} is known, after `everyMs` without any answer.
   */
  limitMs: Record<ServerPart, number>;
  /** Told once at each change. */
  onChange(part: ServerPart, state: 'ok' | 'away', error: unknown): void;
}

/** Unanswered questions that one part may have. A frozen server gets no more than these, and the later ones try a new connection. */
const maxUnanswered = 3;
/** If this process was held up for longer than this during a check, in milliseconds, the check may have failed for that reason. */
const maxHeldUpMs = 100;

/** Times are those of the listening clock, in milliseconds. */
interface Watched {
  away: boolean;
  unanswered: number;
  /** When the first of the unanswered questions was asked. */
  askedAt: number;
  heardAt: number;
  /** How the last question failed; null if the part has answered since. */
  failure: { error: unknown } | null;
  /** The last known answer of the part to any caller, by the process's monotonic clock. */
  answerAt: number;
}

/**
 * Asks each part again and again whether it is there, so that `/health`, the page and waiting calls read the answer at once and at no
 * cost. The answer is late by `everyMs` and `limitMs` together at most, and by as long as this process was held up.
 */
export class PartsWatch {
  readonly #options: PartsWatchOptions;
  readonly #parts: Record<ServerPart, Watched>;
  readonly #listeners = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  readonly #clock: ListeningClock;
  #away: readonly ServerPart[] = [];
  #closed = false;

  constructor(options: PartsWatchOptions) {
    this.#options = options;
    const watched = (): Watched => ({
      away: false,
      unanswered: 0,
      askedAt: 0,
      heardAt: 0,
      failure: null,
      answerAt: performance.now(),
    });
    this.#parts = { database: watched(), bus: watched(), presence: watched(), limits: watched() };
    this.#clock = new ListeningClock(() => this.#listen());
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

  /** Asks a part now, because a caller has reason to doubt it. */
  check(part: ServerPart): void {
    const watched = this.#parts[part];
    if (this.#closed || watched.unanswered >= maxUnanswered) return;
    const [askedAt, startedAt] = [this.#clock.now(), performance.now()];
    if (watched.unanswered === 0) watched.askedAt = askedAt;
    watched.unanswered++;
    this.#options.checks[part]()
      .then(
        () => this.#heard(part, this.#clock.now()),
        (error: unknown) => {
          this.#noteAnswer(part);
          // An answer to a later question counts for more.
          if (watched.heardAt > askedAt) return;
          // This process may have been unable to read the answer before the question's own time limit passed.
          if (performance.now() - startedAt - (this.#clock.now() - askedAt) > maxHeldUpMs) return;
          watched.failure = { error };
          this.#judge(part);
        },
      )
      .finally(() => watched.unanswered--);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#clock.close();
    this.#listeners.clear();
  }

  #checkAll(): void {
    for (const part of serverParts) this.check(part);
  }

  #heard(part: ServerPart, at: number): void {
    const watched = this.#parts[part];
    watched.heardAt = Math.max(watched.heardAt, at);
    watched.failure = null;
    this.#set(part, false, null);
  }

  #listen(): void {
    for (const part of serverParts) {
      this.#noteAnswer(part);
      this.#judge(part);
    }
  }

  /** Takes note of an answer that the part gave to another caller. */
  #noteAnswer(part: ServerPart): void {
    const watched = this.#parts[part];
    const answerAt = this.#options.lastAnswerAt[part]?.();
    if (answerAt === undefined || answerAt <= watched.answerAt) return;
    watched.answerAt = answerAt;
    this.#heard(part, this.#clock.now() - (performance.now() - answerAt));
  }

  #judge(part: ServerPart): void {
    const { away, unanswered, askedAt, heardAt, failure } = this.#parts[part];
    if (away) return;
    const { everyMs, lastAnswerAt } = this.#options;
    const limitMs = this.#options.limitMs[part];
    const now = this.#clock.now();
    if (failure) {
      if (lastAnswerAt[part] === undefined || now - heardAt >= everyMs) this.#set(part, true, failure.error);
    } else if (unanswered > 0 && now - Math.max(askedAt, heardAt) >= limitMs) {
      this.#set(part, true, new Error(`no answer in ${limitMs} ms`));
    }
  }

  #set(part: ServerPart, away: boolean, error: unknown): void {
    if (this.#closed || this.#parts[part].away === away) return;
    this.#parts[part].away = away;
    this.#away = serverParts.filter((each) => this.#parts[each].away);
    this.#options.onChange(part, away ? 'away' : 'ok', error);
    for (const listener of this.#listeners) listener();
  }
}
