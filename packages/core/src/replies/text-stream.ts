import { maxReplyBytes } from '@parley/contracts';

/** What {@link TextStream.push} added to the reply's text. */
export interface TextPiece {
  /** Where the piece starts, in UTF-16 code units of the reply. */
  offset: number;
  /** Well-formed; may be empty when nothing can be shown yet. */
  text: string;
}

/**
 * Turns the chunks of a model into the reply's text. Models cut their text anywhere, even inside a surrogate pair, and send what
 * PostgreSQL cannot store. So a high surrogate at the end of a chunk waits for its other half, lone surrogates become U+FFFD, and U+0000
 * is dropped, all before anything is counted. Every piece is then well-formed, and the pieces joined are exactly {@link text}.
 */
export class TextStream {
  readonly #maxBytes: number;
  #text = '';
  #bytes = 0;
  #heldSurrogate = '';
  #full = false;

  /** @param maxBytes the most bytes of UTF-8 that the reply may take; text beyond that is cut off, between characters */
  constructor(maxBytes: number = maxReplyBytes) {
    this.#maxBytes = maxBytes;
  }

  /** The text so far, without a surrogate that waits. */
  get text(): string {
    return this.#text;
  }

  /** True once text was cut off because the reply is full: no more text is taken. */
  get full(): boolean {
    return this.#full;
  }

  push(chunk: string): TextPiece {
    let text = this.#heldSurrogate + (chunk.includes('\0') ? chunk.replaceAll('\0', '') : chunk);
    this.#heldSurrogate = '';
    const last = text.charCodeAt(text.length - 1);
    if (last >= 0xd800 && last <= 0xdbff) {
      this.#heldSurrogate = text.slice(-1);
      text = text.slice(0, -1);
    }
    return this.#append(text.toWellFormed());
  }

  /** Ends the text. A surrogate that still waits becomes U+FFFD, because no other half will come. */
  end(): TextPiece {
    const text = this.#heldSurrogate.toWellFormed();
    this.#heldSurrogate = '';
    return this.#append(text);
  }

  #append(text: string): TextPiece {
    const offset = this.#text.length;
    if (this.#full) return { offset, text: '' };
    const bytes = Buffer.byteLength(text);
    let fitting = text;
    if (this.#bytes + bytes > this.#maxBytes) {
      fitting = firstBytes(text, this.#maxBytes - this.#bytes);
      this.#full = true;
    }
    this.#bytes += fitting === text ? bytes : Buffer.byteLength(fitting);
    this.#text += fitting;
    return { offset, text: fitting };
  }
}

/** The longest beginning of a well-formed text that takes at most `maxBytes` of UTF-8. */
function firstBytes(text: string, maxBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}
