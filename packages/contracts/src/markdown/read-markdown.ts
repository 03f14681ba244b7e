import type { Token, Tokens } from 'marked';
import { finish, type Steps } from '../steps.js';
import { asWritten, BoundedLexer } from './bounded-lexer.js';
import { findMentions, openFence, type Mention } from './find-mentions.js';

/** A line break that a person typed is shown as a line break. */
const options = { gfm: true, breaks: true } as const;

/** A run of text. `mentions` is set if the text is prose: only there can it call someone. */
export type TextToken = Tokens.Text & { mentions?: readonly Mention[] };

/**
 * Markdown as blocks: the one reader of the server and the page. Nothing is interpreted as HTML: raw HTML comes out as tokens that are
 * shown as text. Never throws: what the lexer cannot read is one block, as it was written.
 */
export function readMarkdown(source: string): Token[] {
  return finish(readMarkdownInSteps(source));
}

/** As {@link readMarkdown}. */
export function* readMarkdownInSteps(source: string): Steps<Token[]> {
  try {
    const blocks = yield* new BoundedLexer(options).lexing(source);
    if (/[@＠]/.test(source)) {
      yield source.length;
      readProse(blocks);
    }
    return blocks;
  } catch {
    return [asWritten(source)];
  }
}

/** Whether a text has a token of some kind, as {@link readMarkdown} reads it. Reads no further than the first one. */
export function someToken(source: string, fits: (token: Token) => boolean): boolean {
  let found = false;
  try {
    for (const _ of new BoundedLexer(options).lexing(source, (tokens) => (found = tokens.some(fits)))) if (found) return true;
    return found;
  } catch {
    return fits(asWritten(source));
  }
}

/** The tokens inside a token; undefined for one that holds only text. */
export function childrenOf(token: Token): readonly Token[] | undefined {
  if (token.type === 'list') return (token as Tokens.List).items;
  if (token.type === 'table') return [(token as Tokens.Table).header, ...(token as Tokens.Table).rows].flat() as unknown as Token[];
  return (token as { tokens?: Token[] }).tokens;
}

/** Finds the mentions in prose: not in quotes, code, images, addresses, nor in what stands between the tags of an HTML element. */
function readProse(tokens: readonly Token[]): void {
  const ends = endsOfElements(tokens);
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    const children = childrenOf(token);
    const before = tokens[i - 1];
    i = ends.get(i) ?? i;
    if (children) {
      if (!holdsNoProse(token)) readProse(children);
    } else if (token.type === 'text') {
      (token as TextToken).mentions = findMentions(token.raw, before?.type === 'escape' ? (before as Tokens.Escape).text : '');
      if (token.raw.includes(openFence)) return;
    }
  }
}

function holdsNoProse(token: Token): boolean {
  switch (token.type) {
    case 'blockquote':
    case 'image':
      return true;
    case 'link':
      // An address in the text has no brackets. The page shows a link to a message by that message's author and time.
      return !token.raw.startsWith('[') || /^(?:\/|#message-)/.test((token as Tokens.Link).href);
    default:
      return false;
  }
}

/** Where the element ends that a tag begins, by the places of both tags. A tag that is never closed begins none. */
function endsOfElements(tokens: readonly Token[]): Map<number, number> {
  const ends = new Map<number, number>();
  const closing = new Map<string, number>();
  for (let i = tokens.length - 1; i >= 0; i--) {
    const [, slash, name = ''] = (tokens[i]!.type === 'html' && /^<(\/?)([a-z][\w-]*)/i.exec(tokens[i]!.raw)) || [];
    const end = closing.get(name.toLowerCase());
    if (slash) closing.set(name.toLowerCase(), i);
    else if (end) ends.set(i, end);
  }
  return ends;
}
