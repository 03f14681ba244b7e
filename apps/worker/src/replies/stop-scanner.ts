/** A text to look for, and how far the text so far ends with its beginning (Knuth, Morris and Pratt: each unit is looked at once). */
class Wanted {
  readonly #text: string;
  /** For each length of a beginning: the length of the longest shorter beginning that it ends with. */
  readonly #fallback: number[];
  /** How many units of the beginning the text so far ends with. */
  matched = 0;

  constructor(text: string) {
    this.#text = text;
    this.#fallback = [0, 0];
    for (let at = 1, length = 0; at < text.length; at++) {
      while (length > 0 && text[at] !== text[length]) length = this.#fallback[length]!;
      if (text[at] === text[length]) length++;
      this.#fallback.push(length);
    }
  }

  get length(): number {
    return this.#text.length;
  }

  /** @returns true if the text now ends with all of it */
  next(unit: string): boolean {
    while (this.matched > 0 && unit !== this.#text[this.matched]) this.matched = this.#fallback[this.matched]!;
    if (unit === this.#text[this.matched]) this.matched++;
    return this.matched === this.#text.length;
  }
}

/**
 * Finds where a text that comes in pieces has to end: before the first of some texts, however the pieces cut it. What may be the beginning
 * of one is kept back.
 */
export class StopScanner {
  readonly #wanted: Wanted[];
  #kept = '';
  #found = false;

  /** @param stops not empty, each */
  constructor(stops: readonly string[] = []) {
    this.#wanted = stops.map((stop) => new Wanted(stop));
  }

  /** True once the text has ended: no more of it is taken. */
  get found(): boolean {
    return this.#found;
  }

  /** Takes the next piece. @returns what belongs to the text for sure and was not returned before */
  push(chunk: string): string {
    if (this.#found || this.#wanted.length === 0) return this.#found ? '' : chunk;
    const text = this.#kept + chunk;
    for (let at = this.#kept.length; at < text.length; at++) {
      const ended = this.#wanted.filter((wanted) => wanted.next(text[at]!));
      if (ended.length === 0) continue;
      this.#found = true;
      this.#kept = '';
      return text.slice(0, at + 1 - Math.max(...ended.map(({ length }) => length)));
    }
    const kept = Math.max(...this.#wanted.map(({ matched }) => matched));
    this.#kept = text.slice(text.length - kept);
    return text.slice(0, text.length - kept);
  }

  /** The text has come to its own end. @returns what was kept back */
  end(): string {
    const kept = this.#kept;
    this.#kept = '';
    return kept;
  }
}
