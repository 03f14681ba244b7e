import type { Token, Tokens } from 'marked';
import { decodeEntities } from './entities.js';
import { childrenOf } from './read-markdown.js';

/** The text that a token itself shows; null if that is the text of the tokens in it. */
export function ownText(token: Token): string | null {
  if (token.type === 'link' && sourceMark(token as Tokens.Link)) return '';
  if (token.type === 'link' || token.type === 'image') return linkText(token as Tokens.Link | Tokens.Image);
  return childrenOf(token) ? null : leafText(token);
}

/** The marks of sources that a worker writes into an answer: the number of one, and that a point has none. */
const sourceText = /^\[(\d{1,4}|\*)\]\((?:(?:\/rooms\/[^#)]{1,60})?#message-|#no-source\))/;

/** What a link shows that is the mark of a source: its number, or `*` where the model says something of its own. Null for any other link. */
export function sourceMark({ raw, href }: Tokens.Link): string | null {
  const mark = sourceText.exec(raw)?.[1] ?? null;
  return (mark === '*') === (href === '#no-source') ? mark : null;
}

/** The text of a token that holds no others, as the page shows it. */
function leafText(token: Token): string {
  switch (token.type) {
    case 'text':
      return decodeEntities(token.raw);
    case 'escape':
    case 'codespan':
    case 'code':
      return (token as Tokens.Code).text;
    case 'br':
      return '\n';
    case 'space':
    case 'def':
    case 'hr':
    case 'checkbox':
      return '';
    default:
      return token.raw;
  }
}

/** What is shown of a link's or an image's text: an address in the text as it stands, a picture's description or its address. */
export function linkText(token: Tokens.Link | Tokens.Image): string | null {
  if (token.type === 'image') return decodeEntities(token.text) || token.href;
  return token.raw.startsWith('[') ? null : token.text;
}
