import type { Token, Tokens } from 'marked';
import { maxMessageBytes } from '../limits.js';
import { finish, type Steps } from '../steps.js';
import { piecesOf } from './pieces.js';
import { textOf } from './plain-text.js';
import { childrenOf, readMarkdownInSteps } from './read-markdown.js';

/** Without any of these, what a text shows has the words of its source. */
const marks = /[*_~`[\]<&\\]/;

/**
 * What a search reads of a text: the words that it shows, as they are without marks, and the addresses behind them. Each address comes
 * once: a text may refer thousands of times to one of two thousand signs. So this is at most about twice as long as the text.
 */
export function searchText(source: string): string {
  return finish(searchTextInSteps(source));
}

/** As {@link searchText}. An answer longer than all that a person may send is read in pieces, so that finding the blocks of one is bounded. */
export function* searchTextInSteps(source: string): Steps<string> {
  if (!marks.test(source)) return source;
  let text = '';
  const addresses = new Set<string>();
  for (const piece of piecesOf(source, maxMessageBytes)) {
    const tokens = yield* readMarkdownInSteps(piece);
    text += textOf(tokens);
    for (const address of addressesIn(tokens)) addresses.add(address);
    yield piece.length;
  }
  return text + [...addresses].map((address) => `${address}\n`).join('');
}

function* addressesIn(tokens: readonly Token[]): Generator<string> {
  for (const token of tokens) {
    const { href, raw } = token as Tokens.Link;
    if ((token.type === 'link' && raw.startsWith('[')) || token.type === 'image' || token.type === 'def') yield href;
    yield* addressesIn(childrenOf(token) ?? []);
  }
}
