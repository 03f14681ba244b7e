import { foldText } from '../fold-text.js';
import { readQuery, type QueryTerm, type QueryWord } from './read-query.js';
import { splitWords, type Form, type Word } from './split-words.js';

/** A part of a text, in UTF-16 units. */
export interface Place {
  from: number;
  to: number;
}

/** Finds where the terms of a query stand in a text, by the rules of the search. In order, none over another. */
export function findWords(text: string, typed: string): Place[] {
  const terms = readQuery(typed).flatMap(({ wanted }) => wanted);
  if (terms.length === 0) return [];
  const words = splitWords(text);
  const places: Place[] = [];
  for (let index = 0; index < words.length; index++) {
    let longest: Place | null = null;
    for (const term of terms) {
      const place = placeAt(text, words, index, term);
      if (place && place.to > (longest?.to ?? 0)) longest = place;
    }
    if (!longest) continue;
    const last = places.at(-1);
    if (last && longest.from <= last.to) last.to = Math.max(last.to, longest.to);
    else places.push(longest);
  }
  return places;
}

function placeAt(text: string, words: readonly Word[], index: number, term: QueryTerm): Place | null {
  let at = index;
  let from = 0;
  let to = 0;
  for (const [place, wanted] of term.entries()) {
    at += wanted.distance;
    const form = words[at]?.forms.find((each) => fits(each, wanted));
    if (!form) return null;
    if (place === 0) from = form.from;
    to = endOf(text, form.from, wanted.text);
  }
  return { from, to };
}

function fits(form: Form, { text, begun }: QueryWord): boolean {
  return begun ? form.text.startsWith(text) : form.text === text;
}

/** Where the part of the text ends that begins at `from` and folds to `folded`. */
function endOf(text: string, from: number, folded: string): number {
  let to = from;
  let length = 0;
  for (const sign of text.slice(from, from + 256)) {
    // Marks belong to the letter before them.
    if (length >= folded.length && !/^\p{M}/u.test(sign)) break;
    to += sign.length;
    length = foldText(text.slice(from, to)).length;
  }
  return to;
}
