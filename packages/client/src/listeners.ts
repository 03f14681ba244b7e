/** A set of listeners. A listener that throws does not stop the others: its error is rethrown in a turn of its own. */
export class Listeners<Args extends unknown[] = []> {
  readonly #listeners = new Set<{ call: (...args: Args) => void }>();

  get size(): number {
    return this.#listeners.size;
  }

  /** @returns a function that ends the subscription */
  add(listener: (...args: Args) => void): () => void {
    const entry = { call: listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  notify(...args: Args): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener.call(...args);
      } catch (error) {
        setTimeout(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
