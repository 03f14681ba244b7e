/**
 * Counts the deliveries under way to each host, by its address: many people may have theirs sent to one, which must neither be flooded nor, if
 * it hangs, take all places of a worker. A host has more places than one person's deliveries may take, so that nobody whose address at a shared
 * host hangs holds up what others have there.
 */
export class HostPlaces {
  readonly #perHost: number;
  readonly #taken = new Map<string, number>();

  /** @param perHost how many deliveries one host is sent at once. @default 20, of the 25 that a worker sends; a person has 10 */
  constructor(perHost = 20) {
    this.#perHost = perHost;
  }

  /** @returns what gives the place back; null if the host has no place left */
  take(address: string): (() => void) | null {
    const taken = this.#taken.get(address) ?? 0;
    if (taken >= this.#perHost) return null;
    this.#taken.set(address, taken + 1);
    return () => {
      const left = this.#taken.get(address)! - 1;
      if (left === 0) this.#taken.delete(address);
      else this.#taken.set(address, left);
    };
  }
}
