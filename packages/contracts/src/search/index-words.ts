import { cutText } from '../cut-text.js';
import { searchText } from '../markdown/search-text.js';
import { splitWords } from './split-words.js';

/** How much of a text is searched, in UTF-16 units: all that a person may send, and of an answer more than anyone reads. */
export const maxIndexed = 65_536;

/** PostgreSQL's bounds for a `tsvector`: its bytes with some to spare, the highest place, places of one word. */
const maxBytes = 900_000;
const maxPlace = 16_383;
const maxPlaces = 255;

/**
 * The words of a message as the text of a `tsvector`: each form with the places it stands at. Places begin anew where PostgreSQL has no
 * higher ones, so that words in a row are found wherever they stand.
 */
export function indexWords(content: string): string {
  const places = new Map<string, number[]>();
  let bytes = 0;
  for (const [index, { forms }] of splitWords(searchText(cutText(content, maxIndexed))).entries()) {
    for (const { text } of forms) {
      let known = places.get(text);
      if (!known) {
        // No unit of UTF-16 takes more than three bytes.
        bytes += 3 * text.length + 4;
        places.set(text, (known = []));
      }
      if (known.length >= maxPlaces) continue;
      bytes += 2;
      known.push((index % maxPlace) + 1);
    }
    if (bytes > maxBytes) break;
  }
  return [...places].map(([text, at]) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}':${at.join(',')}`).join(' ');
}
