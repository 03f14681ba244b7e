/** Most UTF-16 units of one write. */
const maxPiece = 16_384;

/** The text of an answer, as it grows, and how much of it the server has. Offsets are UTF-16 units, as everywhere. */
export class AnswerText {
  #text = '';
  #known = 0;

  get whole(): string {
    return wellFormed(this.#text);
  }

  /** How much of it the server has. */
  get sentLength(): number {
    return this.#known;
  }

  get unsentLength(): number {
    return this.#text.length - this.#known;
  }

  append(text: string): void {
    this.#text += text;
  }

  /** What the server is to be sent next; null while that is nothing, or only the first half of a character whose second half may come. */
  next(): { offset: number; text: string } | null {
    const offset = this.#known;
    let end = Math.min(this.#text.length, offset + maxPiece);
    if (end > offset && isHighSurrogate(this.#text.charCodeAt(end - 1))) end--;
    return end === offset ? null : { offset, text: wellFormed(this.#text.slice(offset, end)) };
  }

  /** The server has the text up to here. */
  sent(length: number): void {
    this.#known = Math.max(0, Math.min(length, this.#text.length));
  }
}

/** The text with U+FFFD for each half of a surrogate pair that stands alone. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
