import type { PromptMessage } from '../prompt-context.js';

/** The prose of a Markdown text, without its marks: code blocks go, links and images keep their text. */
export function plainText(markdown: string): string {
  return (
    markdown
      .replace(/\r\n?|\u2028|\u2029/g, '\n')
      .replace(/^[ \t]*(```|~~~)[\s\S]*?(?:^[ \t]*\1[^\n]*$|(?![\s\S]))/gm, '\n')
      // Link text, then the marks of headings, quotes and lists at the start of lines, then emphasis around words.
      .replace(/!?\[([^\]\n]*)\]\([^)\n]*\)/g, '$1')
      .replace(/^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?|\d{1,9}[.)][ \t]+)+/gm, '')
      .replace(/^[ \t]*(?:[-*_][ \t]*){3,}$/gm, '')
      .replace(/`+/g, '')
      .replace(/(?<![\w*])(\*{1,3}|~~)(?=\S)([^\n]*?\S)\1(?![\w*])/g, '$2')
      .replace(/(?<![\w_])(_{1,3})(?=\S)([^\n_]*?\S)\1(?![\w_])/g, '$2')
  );
}

/**
 * Plain text as Markdown that shows exactly it, on one line. Addresses stay as they are, so that they still become links, and so
 * do underscores inside words, which CommonMark leaves alone.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/(https?:\/\/[^\s<>]+)|([\\`*[\]<>~|&]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}]))/gu, (_, url: string | undefined, mark: string) =>
      url === undefined ? `\\${mark}` : url,
    )
    .replace(/^([#+-])/, '\\$1')
    .replace(/^(\d{1,9})([.)])/, '$1\\$2');
}

/** A message's own Markdown as a block quote. Whatever it leaves open ends with the quote. */
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
 * Where a quote comes from, as the page's chip: `[Bo 14:02](#message-<id>)`, in UTC, with the day before the time when it is not
 * `today`'s.
 *
 * @param today ISO 8601 instant of the newest message in view
 */
export function sourceLink(message: PromptMessage, today: string): string {
  const day = message.createdAt.slice(0, 10) === today.slice(0, 10) ? '' : `${dayOf(message.createdAt)} `;
  return `[${escapeMarkdown(message.name)} ${day}${message.createdAt.slice(11, 16)}](#message-${message.id})`;
}

/** `3 Nov` of an ISO instant. */
export function dayOf(instant: string): string {
  return `${Number(instant.slice(8, 10))} ${months[Number(instant.slice(5, 7)) - 1] ?? ''}`;
}
