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

/** The part of a message around the first word that the search found, with every such word marked. */
export function snippet(content: string, query: string): SnippetPart[] {
  const text = plainText(cutText(content, maxIndexed)).replace(/\s+/g, ' ').trim();
  const places = findWords(text, query, maxLength);
  const first = places[0]?.from ?? 0;
  const from = first > lead ? startOfLead(text, first - lead) : 0;
  const to = from + cutText(text.slice(from), maxLength).length;
  const parts: SnippetPart[] = [];
  const add = (part: string, hit: boolean): void => {
    if (part !== '') parts.push({ text: part, hit });
  };
  let end = from;
  for (const place of places) {
    if (place.to > to) break;
    add((end === from && from > 0 ? '…' : '') + text.slice(end, place.from), false);
    add(text.slice(place.from, place.to), true);
    end = place.to;
  }
  add((end === from && from > 0 ? '…' : '') + text.slice(end, to) + (to < text.length ? '…' : ''), false);
  return parts;
}

/** The word that `at` stands in begins here; a text without spaces is cut where `at` is. */
function startOfLead(text: string, at: number): number {
  const word = text.lastIndexOf(' ', at) + 1;
  return word > at - lead ? word : cutText(text, at).length;
}
