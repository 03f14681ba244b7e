import { Lexer, type MarkedOptions, type Token, type Tokens } from 'marked';

/** The deepest nesting of quotes, lists and emphasis. What lies deeper is shown as text. */
const maxDepth = 16;
/** Some inline rules take time by the square of their input, so they get no more than this at once. In characters. */
const maxInline = 4_000;
/**
 * How far ahead the lexer looks for a heading's underline or a link's definition, in characters. It looks from every line, so an
 * unbounded search would take time by the square.
 */
const maxAhead = 2_000;
/** The most paragraphs, items and cells of one text: a table can have many more cells than characters. */
const maxRuns = 10_000;

/**
 * What a definition may point to: an address that a link may have, or nothing, as in the comment `[//]: # (x)`. `[TODO]: fix` is a
 * sentence, and must not vanish.
 */
const address = /^(?:https?:\/\/|mailto:|#message-|#?$)/i;

/** Matches up to the last blank; without a blank, never into the middle of a surrogate pair. */
const wholeWords = /^[^]*\s|^[^]*[^\ud800-\udbff]|^[^]*/;

/**
 * The lexer of `marked` with bounded time and depth: no message may block or break the page of those who read it.
 * Differs from CommonMark where a text would vanish: a definition without an address, a fence with nothing in it.
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
        // A token that ends exactly at the cut does not really end there: treat it as text, so that nothing is lost.
        const ends = source.length <= maxAhead || token?.raw.length !== maxAhead;
        return (token && ends && (token.type !== 'def' || address.test((token as Tokens.Def).href)) ? token : undefined) as never;
      };
    }
    const fences = tokenizer.fences.bind(tokenizer);
    tokenizer.fences = (source) => {
      const token = fences(source);
      // A fence with nothing in it shows what stands beside its marks, as in "```hello" without an end.
      if (token && token.text.trim() === '') Object.assign(token, { text: token.lang, lang: '' });
      return token;
    };
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

/** The source itself, line by line: for what we do not read as Markdown, such as raw HTML. */
export function asWritten(source: string): Tokens.HTML {
  return { type: 'html', block: true, pre: false, raw: source, text: source };
}
