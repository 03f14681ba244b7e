import { useInlineRules } from './inline-rules.js';
import { Lexer, type MarkedOptions, type Token, type Tokens, type TokensList } from 'marked';
import { finish, type Steps } from '../steps.js';

/** The deepest nesting of quotes and lists, with what stands in them. What lies deeper is shown as text. */
const maxDepth = 16;
/** As many levels is emphasis or a link inside another: each is read once more with all that is in it. */
const inlineLevels = 3;
/** Some inline rules take time by the square of their input, so they get no more than this at once. In characters. */
const maxInline = 4_000;
/**
 * The most marks in one such piece, as `**` is one: the rules for emphasis compare marks with each other. A sentence has a few. A text that
 * has had `manyMarks` is no prose, and has less in each piece from there on.
 */
const maxMarks = { first: 48, later: 16 } as const;
const manyMarks = 2_000;
/**
 * The rule for the text of a list's item: a line, and those behind it that begin with a letter, as nothing but text does, if the next does too.
 * Line by line, each would be added to the text before it, and that text read from its beginning.
 */
const textLines = /^[^\n]+(?:\n\p{L}[^\n|]*(?=\n\p{L}|\n?$))*/u;
/**
 * How far ahead the lexer looks for a link's definition and for a heading's underline, in characters. It looks from every line, in the
 * item of a list from every line of its text, so an unbounded search would take time by the square.
 */
const maxAhead = { def: 2_000, lheading: 300 } as const;
/** Without such a line there is no underlined heading. Finding none takes a fraction of trying the rule. */
const underline = /\n {0,3}[=-]/;
/** The most paragraphs and cells of one text: a table can have many more cells than characters. */
const maxRuns = 5_000;
/**
 * The most lines of one list: each is compared with a dozen rules, whatever its length. What stands behind them begins anew, mostly as a list.
 */
const maxListLines = 2_000;
/** Without it at its beginning, a text is no list. */
const bullet = /^ {0,3}(?:[*+-]|\d{1,9}[.)])/;
/** The most quotes and items of lists of one text. */
const maxContainers = 2_500;

/**
 * What a definition may point to: an address of the web, or nothing, as in the comment `[//]: # (x)`. `[TODO]: fix` is a
 * sentence, and must not vanish.
 */
const address = /^(?:https?:\/\/|mailto:|#?$)/i;

/** What the parentheses of a link must begin with: a scheme, or what leads to a message. `handlers[name](event)` is code. */
const target = /^(?:[a-z][a-z0-9+.-]{0,30}:|(?:\/rooms\/[^#]{1,60})?#message-|#no-source$)/i;

/**
 * The lexer of `marked` with bounded time and depth: no message may block or break the page of those who read it.
 * Differs from CommonMark where a text would vanish: a definition or a link without an address, a fence with nothing in it.
 *
 * @throws Error for a text that is no sensible Markdown: show it as it was written
 */
export class BoundedLexer extends Lexer {
  #depth = 0;
  #containers = 0;
  #marks = 0;

  constructor(options: MarkedOptions) {
    super({ ...options });
    const tokenizer = this.options.tokenizer!;
    tokenizer.rules = { ...tokenizer.rules, block: { ...tokenizer.rules.block, text: textLines } };
    useInlineRules(tokenizer);
    for (const rule of ['def', 'lheading'] as const) {
      const whole = tokenizer[rule].bind(tokenizer) as (source: string) => Token | undefined;
      tokenizer[rule] = (source: string) => {
        const ahead = source.slice(0, maxAhead[rule]);
        if (rule === 'lheading' && !underline.test(ahead)) return undefined as never;
        const token = whole(ahead);
        // A token that ends exactly at the cut does not really end there: treat it as text, so that nothing is lost.
        const ends = source.length <= ahead.length || token?.raw.length !== ahead.length;
        return (token && ends && (token.type !== 'def' || address.test((token as Tokens.Def).href)) ? token : undefined) as never;
      };
    }
    const list = tokenizer.list.bind(tokenizer);
    tokenizer.list = (source) => (bullet.test(source) ? list(firstLines(source, maxListLines)) : undefined);
    const inlineText = tokenizer.inlineText.bind(tokenizer);
    tokenizer.inlineText = (source) => {
      // Each of these would be a token of its own, after every other rule was tried on it.
      const [raw] = /^!*(?!\[)/.exec(source)!;
      return raw.length > 1 ? { type: 'text', raw, text: raw, escaped: false } : inlineText(source);
    };
    const link = tokenizer.link.bind(tokenizer);
    tokenizer.link = (source) => {
      const token = link(source);
      // What is no link here is read as a reference, else as text. `[]()` has no words, so it may show nothing.
      // What leads to a message stands right behind its parenthesis: there the worker finds what a model makes up.
      const leads = token && target.test(token.href) && (!/^[#/]/.test(token.href) || token.raw.includes(`](${token.href[0]}`));
      return token?.type === 'link' && !leads && token.raw !== '[]()' ? undefined : token;
    };
    const fences = tokenizer.fences.bind(tokenizer);
    tokenizer.fences = (source) => {
      const token = fences(source);
      // A fence with nothing in it shows what stands beside its marks, as in "```hello" without an end.
      if (token && token.text.trim() === '') Object.assign(token, { text: token.lang, lang: '' });
      return token;
    };
  }

  override lex(source: string): TokensList {
    return finish(this.lexing(source));
  }

  /**
   * As {@link lex}, in steps: the blocks are found in one, and read in pieces.
   *
   * @param onRead is given what was read since it was called last: the blocks, still empty, then each piece. The last token of a piece may
   * go on in the next, and is given again
   */
  *lexing(source: string, onRead?: (tokens: readonly Token[]) => void): Steps<TokensList> {
    // Its type says `never`, because the overloads of the class above have no common one.
    const readBlocks: (text: string, tokens: Token[]) => unknown = this.blockTokens.bind(this);
    readBlocks(source.replace(/\r\n?/g, '\n'), this.tokens);
    onRead?.(this.tokens);
    yield source.length;
    for (const { src, tokens } of this.inlineQueue) {
      this.state.inRawBlock = false;
      this.#depth += inlineLevels;
      for (const piece of this.#piecesOf(src)) {
        const known = Math.max(0, tokens.length - 1);
        super.inlineTokens(piece, tokens);
        onRead?.(tokens.slice(known));
        yield piece.length;
      }
      this.#depth -= inlineLevels;
    }
    this.inlineQueue = [];
    return this.tokens;
  }

  override blockTokens(source: string, tokens: Token[] = [], lastParagraphClipped?: boolean): never {
    if (this.#containers++ >= maxContainers) throw new RangeError('too many pieces');
    return this.#deeper(source, tokens, 1, () => super.blockTokens(source, tokens, lastParagraphClipped));
  }

  override inline(source: string, tokens?: Token[]): Token[] {
    if (this.inlineQueue.length >= maxRuns) throw new RangeError('too many pieces');
    return super.inline(source, tokens);
  }

  override inlineTokens(source: string, tokens: Token[] = []): Token[] {
    return this.#deeper(source, tokens, inlineLevels, () => {
      for (const piece of this.#piecesOf(source)) super.inlineTokens(piece, tokens);
    });
  }

  *#piecesOf(source: string): Generator<string, void> {
    for (let rest = source; rest !== '';) {
      const { end, marks } = endOfPiece(rest, this.#marks < manyMarks ? maxMarks.first : maxMarks.later);
      this.#marks += marks;
      yield rest.slice(0, end);
      rest = rest.slice(end);
    }
  }

  #deeper(source: string, tokens: Token[], levels: number, read: () => void): never {
    this.#depth += levels;
    if (this.#depth > maxDepth) tokens.push(asWritten(source));
    else read();
    this.#depth -= levels;
    return tokens as never;
  }
}

/** The source itself, line by line: for what we do not read as Markdown, such as raw HTML. */
export function asWritten(source: string): Tokens.HTML {
  return { type: 'html', block: true, pre: false, raw: source, text: source };
}

function firstLines(source: string, most: number): string {
  let end = 0;
  for (let lines = 0; lines < most; lines++) {
    end = source.indexOf('\n', end) + 1;
    if (end === 0) return source;
  }
  return source.slice(0, end);
}

/** Where to cut a text of a paragraph, behind a blank if there is one, and never inside a surrogate pair; and how many marks are before. */
function endOfPiece(source: string, most: number): { end: number; marks: number } {
  let blank = 0;
  let marks = 0;
  let end = 0;
  for (; end < maxInline && marks < most; end++) {
    const unit = source[end];
    if (unit === undefined) return { end, marks };
    if (unit <= ' ') blank = end + 1;
    else if ('*_~`[]'.includes(unit) && unit !== source[end - 1]) marks++;
  }
  return { end: blank || (source.codePointAt(end - 1)! > 0xffff ? end - 1 : end), marks };
}
