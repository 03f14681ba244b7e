import { cutText, unitsPerStep, type Steps } from '@parley/contracts';
import { piecesOf, plainText as textOf } from '@parley/contracts/markdown';
import type { PromptMessage } from '../prompt-context.js';
import { addressOf } from '../source-marks.js';

/** How much of a message is read, in UTF-16 units: all that a person may send. A reply may be eight times as long. */
const maxRead = 32_768;

/** The prose of a Markdown text, without its marks: code blocks go, links and images keep their text. Each block is a line. */
export function* plainText(markdown: string): Steps<string> {
  let text = '';
  for (const piece of piecesOf(cutText(markdown, maxRead), unitsPerStep)) {
    text += textOf(piece, { code: false });
    yield piece.length;
  }
  return text;
}

/**
 * Escapes plain text, so that Markdown shows exactly that text, on one line. Addresses stay unescaped, so that they still become links,
 * and so do underscores inside words, which CommonMark leaves alone.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(
      /(https?:\/\/[^\s<>[\]`]+)|([\\`*[\]<>~|&]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}]))/gu,
      (_, url: string | undefined, mark: string) => (url === undefined ? `\\${mark}` : url),
    )
    .replace(/^([#+-])/, '\\$1')
    .replace(/^(\d{1,9})([.)])/, '$1\\$2');
}

/** A message's own Markdown as a block quote. A construct that the message leaves open ends with the quote. */
export function blockQuote(markdown: string): string {
  return markdown
    .replace(/\r\n?|\u2028|\u2029/g, '\n')
    .trim()
    .split('\n')
    .map((line) => (line.trim() === '' ? '>' : `> ${line}`))
    .join('\n');
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * A link to the message that a quote comes from, which the page shows as a chip: `[Bo 14:02](#message-<id>)`, in UTC. The day stands
 * before the time unless it is `today`'s. Of what is no message of a room, the label alone.
 *
 * @param today ISO 8601 instant of the newest message in view
 */
export function sourceLink(message: PromptMessage, today: string): string {
  const day = message.createdAt.slice(0, 10) === today.slice(0, 10) ? '' : `${dayOf(message.createdAt)} `;
  // The page shows who wrote it by itself. With such signs, escaped or not, a label may end early, or be none.
  const name = escapeMarkdown(message.name.replace(/[[\]()<>`\\]+/g, ' ').trim());
  const label = `${name}${message.imported ? ' (imported)' : message.bot ? ' (bot)' : ''} ${day}${message.createdAt.slice(11, 16)}`;
  return message.id === '' ? label : `[${label}](${addressOf(message.id, message.place)})`;
}

/** The day of an ISO instant, as `3 Nov`. */
export function dayOf(instant: string): string {
  return `${Number(instant.slice(8, 10))} ${months[Number(instant.slice(5, 7)) - 1] ?? ''}`;
}
