import type { Token, Tokens } from 'marked';
import { textOf } from './plain-text.js';
import { childrenOf, readMarkdown } from './read-markdown.js';

/** Without any of these, what a text shows has the words of its source. */
const marks = /[*_~`[\]<&\\]/;

/**
 * What a search reads of a text: the words that it shows, as they are without marks, and the addresses behind them. Each address comes
 * once: a text may refer thousands of times to one of two thousand signs. So this is at most about twice as long as the text.
 */
export function searchText(source: string): string {
  if (!marks.test(source)) return source;
  const tokens = readMarkdown(source);
  return textOf(tokens) + [...new Set(addressesIn(tokens))].map((address) => `${address}\n`).join('');
}

function* addressesIn(tokens: readonly Token[]): Generator<string> {
  for (const token of tokens) {
    const { href, raw } = token as Tokens.Link;
    if ((token.type === 'link' && raw.startsWith('[')) || token.type === 'image' || token.type === 'def') yield href;
    yield* addressesIn(childrenOf(token) ?? []);
  }
}
