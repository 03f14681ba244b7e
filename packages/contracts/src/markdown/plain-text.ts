import type { Token, Tokens } from 'marked';
import { cutText } from '../cut-text.js';
import { ownText } from './own-text.js';
import { childrenOf, readMarkdown } from './read-markdown.js';

/**
 * A text without the marks of Markdown. Each block is a line of its own.
 *
 * @param code whether code blocks are part of it; otherwise there is an empty line in the place of each
 */
export function plainText(source: string, options?: { code?: boolean }): string {
  return textOf(readMarkdown(source), options);
}

/** As {@link plainText}, of what was read already. */
export function textOf(blocks: readonly Token[], { code = true }: { code?: boolean } = {}): string {
  const inBlocks = (tokens: readonly Token[]): string => tokens.map(block).join('');
  const inLine = (tokens: readonly Token[]): string => tokens.map((token) => ownText(token) ?? inLine(childrenOf(token)!)).join('');
  const block = (token: Token): string => {
    switch (token.type) {
      case 'list':
      case 'list_item':
      case 'blockquote':
        return inBlocks(childrenOf(token)!);
      case 'table':
        return [(token as Tokens.Table).header, ...(token as Tokens.Table).rows]
          .map((row) => `${row.map((cell) => inLine(cell.tokens)).join(' ')}\n`)
          .join('');
      case 'space':
      case 'def':
      case 'hr':
      case 'checkbox':
        return '';
      case 'code':
        return code ? `${ownText(token)}\n` : '\n\n';
      default:
        return `${inLine([token]).trimEnd()}\n`;
    }
  };
  return inBlocks(blocks);
}

/** How much more of a text is read than is shown of it, because its marks are not shown. */
const marksPerText = 4;

/** The beginning of a text without Markdown marks, in one line of at most `maxLength` UTF-16 units and an ellipsis. */
export function firstWords(source: string, maxLength = 200): string {
  const text = plainText(cutText(source, maxLength * marksPerText))
    .split(/\s+/u)
    .filter((word) => word !== '')
    .join(' ');
  return text.length > maxLength ? `${cutText(text, maxLength).trimEnd()}…` : text;
}
