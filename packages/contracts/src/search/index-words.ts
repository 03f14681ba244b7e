import { cutText } from '../cut-text.js';
import { searchTextInSteps } from '../markdown/search-text.js';
import { finish, unitsPerStep, type Steps } from '../steps.js';
import { eachWord } from './split-words.js';

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
  return finish(indexWordsInSteps(content));
}

/** As {@link indexWords}. */
export function* indexWordsInSteps(content: string): Steps<string> {
  const text = yield* searchTextInSteps(cutText(content, maxIndexed));
  const places = new Map<string, number[]>();
  let bytes = 0;
  let index = 0;
  let told = 0;
  for (const { forms, to } of eachWord(text)) {
    for (const { text: form } of forms) {
      let known = places.get(form);
      if (!known) {
        // No unit of UTF-16 takes more than three bytes.
        bytes += 3 * form.length + 4;
        places.set(form, (known = []));
      }
      if (known.length >= maxPlaces) continue;
      bytes += 2;
      known.push((index % maxPlace) + 1);
    }
    index++;
    if (bytes > maxBytes) break;
    if (to - told >= unitsPerStep) {
      yield to - told;
      told = to;
    }
  }
  const written: string[] = [];
  for (const [form, at] of places) {
    written.push(`'${form.replaceAll('\\', '\\\\').replaceAll("'", "''")}':${at.join(',')}`);
    if (written.length % unitsPerStep === 0) yield unitsPerStep;
  }
  return written.join(' ');
}
