const maxRemembered = 500;

/** Ids of dismissed private replies. They are remembered, up to a bound, so that a later snapshot does not show the replies again. */
export class DismissedReplies {
  readonly #ids = new Set<string>();
  readonly #onAdded: (id: string) => void;

  constructor(onAdded: (id: string) => void) {
    this.#onAdded = onAdded;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    if (this.#ids.size >= maxRemembered) this.#ids.delete(this.#ids.values().next().value!);
    this.#ids.add(id);
    this.#onAdded(id);
  }
}
