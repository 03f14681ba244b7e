import { cutText, unitsPerStep, type Steps } from '@parley/contracts';
import { splitWords } from '@parley/contracts/search';
import { isFunctionWord, unspacedFunctionWords } from './function-words.js';

/** Splits text into sentences. It is built once, because building one loads ICU's rules, and it holds no state. */
const sentences = new Intl.Segmenter('und', { granularity: 'sentence' });

/**
 * Words longer than this are cut to it, so that "deploy", "deploys" and "deployment" meet. Cutting works about as well as stemming in
 * languages with an alphabet, and needs no rules for any of them (McNamee, Nicholas and Mayfield: "Addressing morphological variation
 * in alphabetic languages", SIGIR 2009, who cut to 4 and 5; 6 mixes up fewer words).
 */
const maxTermLength = 6;

/** Index terms of a text: case, width and Latin accents folded, long words cut. In order, with repeats. */
export function terms(text: string): string[] {
  return foldedWords(text).map(cut);
}

/**
 * Whole folded words, for comparing with lists of words. Of scripts that put no spaces between words, each sign with the next one: no
 * dictionary knows where their words end in every text, and the search of the room reads them so too.
 */
export function foldedWords(text: string): string[] {
  // For plain ASCII this follows the rules of Unicode, in a tenth of the time.
  if (isAscii(text)) return text.toLowerCase().match(/[a-z0-9_]+(?:['.][a-z0-9_]+)*/g) ?? [];
  return splitWords(text).map(({ forms }) => forms[0]!.text);
}

/** {@link terms} of a text that is searched: also each sign alone, because a question may have only one. */
export function searchedTerms(text: string): string[] {
  if (isAscii(text)) return terms(text);
  return splitWords(text).flatMap(({ sign, forms }) => {
    const form = forms[0]!.text;
    const [own = '', next] = [...form];
    return sign && next !== undefined ? [form, own] : [cut(form)];
  });
}

/**
 * The terms of a question: without the words that only make it a question, unless it has no others. Of a script without spaces, its pairs
 * of signs; a sign is alone only where nothing stands beside it.
 */
export function askedTerms(question: string): string[] {
  if (isAscii(question)) return [...new Set(tellingOf(foldedWords(question)).map(cut))];
  const told = question.normalize('NFKC').replace(unspacedFunctionWords, ' ');
  // Japanese writes its particles and endings in hiragana, and what a question is about mostly in other signs.
  for (const text of [told.replace(/\p{sc=Hira}+/gu, ' '), told, question]) {
    const words = splitWords(text);
    const found = words.flatMap(({ sign, from, forms }, index) => {
      const form = forms[0]!.text;
      const before = words[index - 1];
      const covered = sign && [...form].length === 1 && before?.sign && before.to === from;
      return covered ? [] : [form];
    });
    if (found.length > 0) return [...new Set(tellingOf(found).map(cut))];
  }
  return [];
}

function tellingOf(words: string[]): string[] {
  const telling = words.filter((word) => !isFunctionWord(word));
  return telling.length > 0 ? telling : words;
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

/** The term a folded word is indexed under. */
export function cut(word: string): string {
  return word.length <= maxTermLength ? word : [...word].slice(0, maxTermLength).join('');
}

/** Where a sentence may end within a line. */
const enders = /[.!?…。！？｡؟۔।։។]/u;
/** What one line or sentence takes besides its reading, in UTF-16 units. */
const unitsPerSentence = 40;

/**
 * Sentences of a plain text, trimmed, none empty. A line break ends a sentence, as it does in a chat.
 *
 * @param most so many are enough: the rest of the text is not read
 */
export function* splitSentences(text: string, most = 1_000): Steps<string[]> {
  const found: string[] = [];
  for (let at = 0; at < text.length && found.length < most;) {
    const lineEnd = text.indexOf('\n', at);
    const end = lineEnd === -1 ? text.length : lineEnd;
    for (let rest = text.slice(at, end); rest !== '' && found.length < most;) {
      const part = cutText(rest, unitsPerStep);
      rest = rest.slice(part.length);
      let units = 0;
      for (const segment of enders.test(part) ? segmentsOf(part) : [part]) {
        units += segment.length + unitsPerSentence;
        if (units >= unitsPerStep) {
          yield units;
          units = 0;
        }
        const sentence = segment.trim();
        if (sentence !== '') found.push(sentence);
        if (found.length >= most) break;
      }
      yield units;
    }
    at = end + 1;
  }
  return found;
}

function* segmentsOf(text: string): Generator<string> {
  for (const { segment } of sentences.segment(text)) yield segment;
}
