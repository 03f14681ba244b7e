import { backoffMs } from '@parley/contracts';

export interface BackoffOptions {
  /** The first delay is a random part of this, in milliseconds. @default 300 */
  firstMs?: number;
  /** No delay is longer, in milliseconds. @default 10000 */
  maxMs?: number;
  /** The same while the page is in the background. @default 30000 */
  hiddenMaxMs?: number;
  /** In [0, 1). @default Math.random */
  random?: () => number;
}

/** The waits between the tries of one thing. Each wait is a random part of a limit that doubles with each failure. */
export class Backoff {
  readonly #options: Required<BackoffOptions>;
  readonly #isHidden: () => boolean;
  #failures = 0;

  constructor(options: BackoffOptions = {}, isHidden: () => boolean = () => false) {
    this.#options = { firstMs: 300, maxMs: 10_000, hiddenMaxMs: 30_000, random: Math.random, ...options };
    this.#isHidden = isHidden;
  }

  get failures(): number {
    return this.#failures;
  }

  /** The delay before the next try, in milliseconds. */
  next(): number {
    const { firstMs, maxMs, hiddenMaxMs, random } = this.#options;
    return backoffMs(this.#failures++, { firstMs, maxMs: this.#isHidden() ? hiddenMaxMs : maxMs, least: 0 }, random());
  }

  /** Notes that a try succeeded: the next wait is short again. */
  reset(): void {
    this.#failures = 0;
  }
}

/** Waits that can be cut short, all at once. */
export class Waits {
  readonly #waiting = new Set<() => void>();

  /** Settles after `delayMs`, or as soon as {@link endAll} is called. */
  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, delayMs);
      this.#waiting.add(end);
    });
  }

  endAll(): void {
    for (const end of [...this.#waiting]) end();
  }
}
