import { cutText } from '@parley/contracts';
import { firstWords, plainText } from '@parley/contracts/markdown';

export interface SnippetPart {
  text: string;
  hit: boolean;
}

/** How many characters before the first word found are shown. */
const lead = 60;
const maxLength = 220;
/** How much of a text is looked through, in UTF-16 units: all that a person may send. */
const maxRead = 32_768;

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
  if (words.length === 0) return [{ text: firstWords(content, maxLength), hit: false }];
  const text = plainText(cutText(content, maxRead)).replace(/\s+/g, ' ').trim();
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})`, 'giu');
  const first = text.search(pattern);
  const from = first > lead ? startOfLead(text, first - lead) : 0;
  const shown = `${from > 0 ? '…' : ''}${cutText(text.slice(from), maxLength)}${text.length > from + maxLength ? '…' : ''}`;
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

/** The word that `at` stands in begins here; a text without spaces is cut where `at` is. */
function startOfLead(text: string, at: number): number {
  const word = text.lastIndexOf(' ', at) + 1;
  return word > at - lead ? word : cutText(text, at).length;
}
