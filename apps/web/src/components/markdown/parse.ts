import { readMarkdown, type Token } from '@parley/contracts/markdown';

/** What is known of a text that grows at its end. */
export interface GrowingText {
  readonly source: string;
  /** Every block, finished ones first. A finished block keeps its identity, so it is rendered once. */
  readonly blocks: readonly Token[];
  /** How many of `blocks` no further text can change, and how much of `source` they cover. */
  readonly finished: number;
  readonly finishedLength: number;
}

export const emptyText: GrowingText = { source: '', blocks: [], finished: 0, finishedLength: 0 };

/**
 * Parses a text that mostly grows at its end, reading again only what follows the last finished block. If `source` does
 * not continue the earlier text (a new attempt), it starts over.
 */
export function growText(previous: GrowingText, source: string): GrowingText {
  if (source === previous.source) return previous;
  // The lexer rewrites carriage returns, so offsets into such a text would not be offsets into its tokens.
  const continues = source.startsWith(previous.source) && !source.includes('\r');
  let kept = continues ? previous : emptyText;
  let tail = readMarkdown(source.slice(kept.finishedLength));
  // A definition of a link is for the blocks before and behind it.
  if (kept !== emptyText && [...kept.blocks, ...tail].some(({ type }) => type === 'def')) {
    kept = emptyText;
    tail = readMarkdown(source);
  }
  const blocks = [...kept.blocks.slice(0, kept.finished), ...tail];
  const newlyFinished = source.includes('\r') ? 0 : countFinished(tail);
  const finishedLength = tail.slice(0, newlyFinished).reduce((length, token) => length + token.raw.length, kept.finishedLength);
  return { source, blocks, finished: kept.finished + newlyFinished, finishedLength };
}

/**
 * A block is finished once a blank line follows it and then a whole first line of something else: until that line is
 * whole it may still turn out to continue the block (`2` after a list may become `2. item`).
 */
function countFinished(tokens: readonly Token[]): number {
  for (let i = tokens.length - 2; i >= 0; i--) {
    if (tokens[i]!.type !== 'space') continue;
    const next = tokens[i + 1]!;
    if (i + 2 < tokens.length || next.raw.includes('\n')) return i + 1;
  }
  return 0;
}
