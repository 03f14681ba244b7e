import { Lexer, type MarkedOptions, type Token, type Tokens } from 'marked';

/** Quotes and lists inside each other, emphasis inside emphasis: deeper, the rest is text. Nobody reads on there. */
const maxDepth = 16;
/** Some inline rules take time by the square of what they look at, so they look at no more at once. In characters. */
const maxInline = 4_000;
/** The furthest a heading's underline or a link's definition is looked for, in characters: from every line, it would be. */
const maxAhead = 2_000;
/** Paragraphs, items and cells: a table's cells may be many more than its characters. */
const maxRuns = 10_000;

/** Up to the last blank, or else not into the middle of a character. */
const wholeWords = /^[^]*\s|^[^]*[^\ud800-\udbff]|^[^]*/;

/**
 * The lexer of `marked`, in time and depth that no text can drive up: one message must not hold up, or break, the page of
 * everyone who reads it.
 *
 * @throws Error for a text that is no sensible Markdown: show it as it was written
 */
export class BoundedLexer extends Lexer {
  #depth = 0;

  constructor(options: MarkedOptions) {
    super({ ...options });
    const tokenizer = this.options.tokenizer!;
    for (const rule of ['def', 'lheading'] as const) {
      const whole = tokenizer[rule].bind(tokenizer) as (source: string) => Token | undefined;
      tokenizer[rule] = (source: string) => {
        const token = whole(source.slice(0, maxAhead));
        // One that ends where we cut does not end there: it is text, and none of it is lost.
        return (source.length > maxAhead && token?.raw.length === maxAhead ? undefined : token) as never;
      };
    }
  }

  override blockTokens(source: string, tokens: Token[] = [], lastParagraphClipped?: boolean): never {
    return this.#deeper(source, tokens, () => super.blockTokens(source, tokens, lastParagraphClipped));
  }

  override inline(source: string, tokens?: Token[]): Token[] {
    if (this.inlineQueue.length >= maxRuns) throw new RangeError('too many pieces');
    return super.inline(source, tokens);
  }

  override inlineTokens(source: string, tokens: Token[] = []): Token[] {
    return this.#deeper(source, tokens, () => {
      for (let rest = source; rest !== '';) {
        const [piece] = rest.length <= maxInline ? [rest] : wholeWords.exec(rest.slice(0, maxInline))!;
        super.inlineTokens(piece, tokens);
        rest = rest.slice(piece.length);
      }
    });
  }

  #deeper(source: string, tokens: Token[], read: () => void): never {
    if (this.#depth === maxDepth) tokens.push(asWritten(source));
    else {
      this.#depth++;
      read();
      this.#depth--;
    }
    return tokens as never;
  }
}

/** The source itself, line by line: what is no Markdown that we read, as raw HTML is none. */
export function asWritten(source: string): Tokens.HTML {
  return { type: 'html', block: true, pre: false, raw: source, text: source };
}
