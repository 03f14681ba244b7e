import { plainText } from '../../components/markdown/plain-text.js';

export interface SnippetPart {
  text: string;
  hit: boolean;
}

/** How many characters before the first word found are shown. */
const lead = 60;
const maxLength = 220;

/** The words of a search, as the server reads them: without quotes, signs and `or`. */
function wordsOf(query: string): string[] {
  return query
    .toLowerCase()
    .split(/[\s"()]+/u)
    .filter((word) => word !== '' && !word.startsWith('-') && word !== 'or' && word !== 'and');
}

/** The part of a message around the first word that was searched for, with every such word marked. */
export function snippet(content: string, query: string): SnippetPart[] {
  const words = wordsOf(query).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const text = plainText(content, 20_000);
  if (words.length === 0) return [{ text: plainText(content, maxLength), hit: false }];
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})`, 'giu');
  const first = text.search(pattern);
  const from = first > lead ? text.lastIndexOf(' ', first - lead) + 1 : 0;
  const shown = `${from > 0 ? '…' : ''}${text.slice(from, from + maxLength)}${text.length > from + maxLength ? '…' : ''}`;
  const parts: SnippetPart[] = [];
  let end = 0;
  for (const match of shown.matchAll(pattern)) {
    if (match.index > end) parts.push({ text: shown.slice(end, match.index), hit: false });
    parts.push({ text: match[0], hit: true });
    end = match.index + match[0].length;
  }
  if (end < shown.length) parts.push({ text: shown.slice(end), hit: false });
  return parts;
}
