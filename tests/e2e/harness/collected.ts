import { patienceMs } from './patience.js';

/** What came, in order, and a way to wait for what is expected of it. */
export class Collected<T> {
  readonly items: T[] = [];
  #waiting: { test: (items: T[]) => boolean; resolve: () => void }[] = [];

  push(item: T): void {
    this.items.push(item);
    this.#waiting = this.#waiting.filter(({ test, resolve }) => {
      if (!test(this.items)) return true;
      resolve();
      return false;
    });
  }

  /** Resolves when `test` holds of all items so far; rejects after `timeoutMs` with the last of what there is. */
  until(test: (items: T[]) => boolean, timeoutMs = patienceMs): Promise<void> {
    if (test(this.items)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(
            new Error(
              `not seen in ${timeoutMs} ms; ${this.items.length} came, the last: ${JSON.stringify(this.items.slice(-8)).slice(0, 4_000)}`,
            ),
          ),
        timeoutMs,
      );
      this.#waiting.push({
        test,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      });
    });
  }
}
