import type { ServerPart } from '@parley/contracts';
import { Listeners } from '../listeners.js';
import type { ServerState } from '../types.js';

export interface ServerWatchOptions {
  /** Resolves with the parts that `/health` reports as away. Rejects if there is no answer. */
  readAway(): Promise<ServerPart[]>;
  /**
   * How often `/health` is asked while something is wrong, in milliseconds; a quarter more or less, so that clients do not ask together.
   * @default 2000
   */
  everyMs?: number | undefined;
  /** In [0, 1). @default Math.random */
  random?: (() => number) | undefined;
}

/** How late a server may notice that a part is away, in milliseconds: an answer sooner than this after a doubt settles nothing. */
const lateMs = 3_000;

/** After so many unanswered questions in a row nothing is known: the connection's own state then tells enough. */
const maxUnanswered = 2;

/**
 * Knows which parts the server is without. While the inbox is open the server says so by itself ({@link tell}); otherwise, and
 * when there is reason to doubt ({@link suspect}), `/health` is asked, again and again until all is well. So nothing is asked of a
 * server that is well.
 */
export class ServerWatch {
  readonly #options: ServerWatchOptions;
  readonly #listeners = new Listeners();
  #state: ServerState = { away: [] };
  #timer: ReturnType<typeof setTimeout> | null = null;
  #asking = false;
  #unanswered = 0;
  #doubtedAt: number | null = null;
  /** Goes up each time the server reports by itself: an answer to an earlier question is older and ignored. */
  #told = 0;
  #closed = false;

  constructor(options: ServerWatchOptions) {
    this.#options = options;
  }

  get state(): ServerState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Takes the server's own report of the parts that are away. */
  tell(away: readonly ServerPart[]): void {
    this.#told++;
    this.#set(away);
    if (away.length === 0) this.#rest();
  }

  /** To be called when a call could not be served or the connection was lost: finds out whether a part is away. */
  suspect(): void {
    this.#doubtedAt = Date.now();
    this.check();
  }

  /** Asks once, without a cause for doubt. */
  check(): void {
    if (this.#closed || this.#asking || this.#timer !== null) return;
    void this.#ask();
  }

  close(): void {
    this.#closed = true;
    this.#rest();
    this.#listeners.clear();
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    const askedAt = Date.now();
    const told = this.#told;
    let away: ServerPart[] | null;
    try {
      away = await this.#options.readAway();
      this.#unanswered = 0;
    } catch {
      away = ++this.#unanswered >= maxUnanswered ? [] : null;
    }
    this.#asking = false;
    if (this.#closed) return;
    if (away && told === this.#told) this.#set(away);
    if (this.#doubtedAt !== null && askedAt - this.#doubtedAt >= lateMs) this.#doubtedAt = null;
    const { everyMs = 2_000, random = Math.random } = this.#options;
    // Schedule the next question also after a good answer: a doubt that arises meanwhile is settled when the pause ends.
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        if (this.#state.away.length > 0 || this.#unanswered > 0 || this.#doubtedAt !== null) void this.#ask();
      },
      everyMs * (0.75 + random() / 2),
    );
  }

  #rest(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#unanswered = 0;
    this.#doubtedAt = null;
  }

  #set(away: readonly ServerPart[]): void {
    if (this.#closed || away.join() === this.#state.away.join()) return;
    this.#state = { away: [...away] };
    this.#listeners.notify();
  }
}
