import { cutText, foldText } from '@parley/contracts';
import { askedTerms, terms } from './built-in/tokenize.js';

/**
 * Why a character that speaks when it has something to say may have something to say now: somebody wrote its name, spoke of what it is about,
 * or asked something, which it only takes up if nobody else does.
 */
export type AmbientCause = 'name' | 'words' | 'question';

/** How much of a text is looked at, in UTF-16 units: reading holds the process. */
const maxRead = 2_000;
/** Shorter words say too little of what a character is about, unless they are signs of a script without spaces. */
const minWord = 4;

/** Question marks of the scripts that have one, and the Greek one where it ends a sentence. */
const asks = /[?？؟՞፧⁇⁈⁉]|;(?:\s|$)/u;

const unspaced = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Mymr}]/u;

/**
 * The cheap rule that decides whether a model is asked at all. It costs nothing, so it may be wrong in both directions.
 *
 * @param character its name and handle, and the description that everyone sees
 */
export function ambientCause(text: string, character: { name: string; handle: string; tagline: string }): AmbientCause | null {
  const read = cutText(text, maxRead);
  const said = terms(read);
  if (isNamed(read, said, character.name) || isNamed(read, said, character.handle)) return 'name';
  const about = askedTerms(character.tagline).filter((word) => word.length >= minWord || /[^\p{ASCII}]/u.test(word));
  if (about.some((word) => said.includes(word))) return 'words';
  return asks.test(read) ? 'question' : null;
}

/** True if all words of a name stand in a text, one behind the other; of a script without spaces, its signs. */
function isNamed(text: string, said: readonly string[], name: string): boolean {
  if (unspaced.test(name)) return foldText(text).includes(foldText(name));
  const words = terms(name);
  return words.length > 0 && said.some((_word, start) => words.every((word, index) => said[start + index] === word));
}
