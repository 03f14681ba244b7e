import type { Token } from 'marked';
import { splitCommand } from '../command-line/split-command.js';
import { maxMessageBytes } from '../limits.js';
import { ownText } from './own-text.js';
import { childrenOf, someToken } from './read-markdown.js';

/** Something to see: no space, no control character, and nothing that is only there to join, fill or direct. */
const visible = /[^\p{Z}\p{Cc}\p{DI}\p{NChar}\u2800\ufff9-\ufffb]/u;

/**
 * What is sent of a text that a person typed. The page checks its output and sends it; the server stores what it was sent, by anyone,
 * and refuses a text of which this leaves nothing. Empty lines before it and spaces behind it go; the indentation of the first line stays,
 * because it may be code. Empty for a text that would show nothing, such as
 * one of joiners alone, or Markdown without words (`#`, `>`, a comment).
 */
export function sentText(typed: string): string {
  const text = typed.trimEnd();
  const begin = text.length - text.trimStart().length;
  const sent = text.slice(Math.max(text.lastIndexOf('\n', begin), text.lastIndexOf('\r', begin)) + 1);
  // Nearly every message: what begins with a letter is shown, whatever block it is in. Reading it would take most of a send's time here.
  if (/^(?!\p{DI})\p{L}/u.test(sent)) return sent;
  if (!visible.test(sent)) return '';
  // A text beyond the limit is refused for its length, unread. A command is shown as one.
  return sent.length > maxMessageBytes || splitCommand(sent) || someToken(sent, shows) ? sent : '';
}

/** True if the page shows anything for a token: the marks of a list, a line or the cells of a table are something, a quote's bar is not. */
function shows(token: Token): boolean {
  const own = ownText(token);
  return ['list', 'table', 'hr'].includes(token.type) || (own === null ? childrenOf(token)!.some(shows) : visible.test(own));
}
