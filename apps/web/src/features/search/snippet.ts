import { cutText } from '@parley/contracts';
import { plainText } from '@parley/contracts/markdown';
import { findWords, maxIndexed } from '@parley/contracts/search';

export interface SnippetPart {
  text: string;
  hit: boolean;
}

/** How many characters before the first word found are shown. */
const lead = 60;
const maxLength = 220;

/** How much of a message is read as Markdown, in UTF-16 units: a page has many, and reading takes microseconds for each. */
const maxRead = 3_000;

/** The part of a message around the first word that the search found, with every such word marked. */
export function snippet(content: string, query: string): SnippetPart[] {
  const source = content.replace(/\n{3,}/g, '\n\n');
  const start = startOfRead(source, query);
  const read = cutText(source.slice(start), maxRead);
  const text = plainText(read).replace(/\s+/g, ' ').trim();
  const places = findWords(text, query, maxLength);
  const first = places[0]?.from ?? 0;
  const from = first > lead ? startOfLead(text, first - lead) : 0;
  const to = from + cutText(text.slice(from), maxLength).length;
  const parts: SnippetPart[] = [];
  const add = (part: string, hit: boolean): void => {
    if (part !== '') parts.push({ text: part, hit });
  };
  let end = from;
  const before = () => (end === from && start + from > 0 ? '…' : '');
  for (const place of places) {
    if (place.to > to) break;
    add(before() + text.slice(end, place.from), false);
    add(text.slice(place.from, place.to), true);
    end = place.to;
  }
  add(before() + text.slice(end, to) + (to < text.length || start + read.length < source.length ? '…' : ''), false);
  return parts;
}

/** Where to begin reading a long text: before the first word found in it as it was written. A word that marks divide is found near the beginning. */
function startOfRead(source: string, query: string): number {
  if (source.length <= maxRead) return 0;
  const place = findWords(cutText(source, maxIndexed), query, 0)[0]?.from ?? 0;
  return place < maxRead / 2 ? 0 : cutText(source, place - maxRead / 4).length;
}

/** The word that `at` stands in begins here; a text without spaces is cut where `at` is. */
function startOfLead(text: string, at: number): number {
  const word = text.lastIndexOf(' ', at) + 1;
  return word > at - lead ? word : cutText(text, at).length;
}
