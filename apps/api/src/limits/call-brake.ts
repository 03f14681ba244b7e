import { AppError } from '@parley/contracts';

/**
 * Holds up calls that are too many to go on at once, instead of refusing them. It bounds how many wait for the same key, so that the
 * waiting costs little and the calls held up have a highest rate: `maxWaiting` in each delay. One network has a few of these places at
 * most, so that it cannot keep all of them taken.
 */
export class CallBrake {
  readonly #maxWaiting: number;
  readonly #maxOfNetwork: number;
  /** The networks of those that wait, by key. */
  readonly #waiting = new Map<string, string[]>();

  /**
   * @param maxWaiting calls that may wait for one key
   * @param maxOfNetwork how many of them may come from one network
   */
  constructor(maxWaiting: number, maxOfNetwork = 2) {
    this.#maxWaiting = maxWaiting;
    this.#maxOfNetwork = maxOfNetwork;
  }

  /**
   * Resolves after `delayMs`.
   *
   * @param network where the call comes from, see `networkOf`
   * @throws AppError RATE_LIMITED with `retryAfterMs` when too many wait for this key, of all or of this network
   */
  async hold(key: string, network: string, delayMs: number): Promise<void> {
    const waiting = this.#waiting.get(key) ?? [];
    const ofNetwork = waiting.filter((each) => each === network).length;
    if (waiting.length >= this.#maxWaiting || ofNetwork >= this.#maxOfNetwork) {
      throw new AppError('RATE_LIMITED', undefined, { retryAfterMs: delayMs });
    }
    waiting.push(network);
    this.#waiting.set(key, waiting);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    waiting.splice(waiting.indexOf(network), 1);
    if (waiting.length === 0) this.#waiting.delete(key);
  }

  /** Keys for which calls wait. */
  get size(): number {
    return this.#waiting.size;
  }
}
