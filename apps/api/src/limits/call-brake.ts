import { AppError } from '@parley/contracts';

/**
 * Holds up calls that are too many to go on at once, instead of refusing them. It bounds how many wait for the same key, so that the
 * waiting costs little and the calls held up have a highest rate: `maxWaiting` in each delay.
 */
export class CallBrake {
  readonly #maxWaiting: number;
  readonly #waiting = new Map<string, number>();

  /** @param maxWaiting calls that may wait for one key */
  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Resolves after `delayMs`.
   *
   * @throws AppError RATE_LIMITED with `retryAfterMs` when too many wait for this key
   */
  async hold(key: string, delayMs: number): Promise<void> {
    const waiting = this.#waiting.get(key) ?? 0;
    if (waiting >= this.#maxWaiting) throw new AppError('RATE_LIMITED', undefined, { retryAfterMs: delayMs });
    this.#waiting.set(key, waiting + 1);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    const left = this.#waiting.get(key)! - 1;
    if (left === 0) this.#waiting.delete(key);
    else this.#waiting.set(key, left);
  }

  /** Keys for which calls wait. */
  get size(): number {
    return this.#waiting.size;
  }
}
