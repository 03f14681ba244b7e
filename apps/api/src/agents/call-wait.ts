import { AppError, closeCodes } from '@parley/contracts';
import type { Actor } from '@parley/core/sessions/actor';
import type { LiveSockets } from '../realtime/sockets/live-sockets.js';

export interface CallWaitOptions {
  live: Pick<LiveSockets, 'add'>;
  actor: Actor;
  waitMs: number;
  /** Ends the wait: the caller has gone, or the process is stopping. */
  ends: readonly AbortSignal[];
}

/**
 * A call that waits for something to happen. It counts among the sockets and streams of its account, and ends when its time is over, when
 * its caller has gone, or with the session or key that it was made by.
 */
export class CallWait {
  readonly #release: () => void;
  readonly #timer: NodeJS.Timeout;
  readonly #own = new AbortController();
  readonly #signal: AbortSignal;
  #error: AppError | null = null;

  /** @throws AppError RATE_LIMITED if the account has as many sockets, streams and calls that wait as one may have */
  constructor({ live, actor, waitMs, ends }: CallWaitOptions) {
    const close = (code: number) => {
      if (code === closeCodes.SESSION_ENDED) this.#error = new AppError('SESSION_REVOKED');
      if (code === closeCodes.IDENTITY_EXPIRED) this.#error = new AppError('TOKEN_EXPIRED');
      this.#own.abort();
    };
    this.#release = live.add({ close }, actor);
    this.#timer = setTimeout(() => this.#own.abort(), waitMs);
    this.#signal = AbortSignal.any([this.#own.signal, ...ends]);
  }

  get isOver(): boolean {
    return this.#signal.aborted;
  }

  /**
   * Waits for something.
   *
   * @param limitMs how long at most. @default until the wait is over
   * @throws AppError SESSION_REVOKED, TOKEN_EXPIRED when the caller's session ended
   */
  async until(happens: Promise<void>, limitMs?: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let end: (() => void) | undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
      if (this.#signal.aborted) resolve();
      this.#signal.addEventListener('abort', end, { once: true });
      if (limitMs !== undefined) timer = setTimeout(resolve, limitMs);
    });
    await Promise.race([happens, over]);
    clearTimeout(timer);
    this.#signal.removeEventListener('abort', end!);
    if (this.#error) throw this.#error;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#release();
  }
}
