import { foldText } from '@parley/contracts';

/**
 * Split text of any script into words and sentences: `Intl.Segmenter` knows where words end in Chinese, Japanese, Thai and other scripts
 * without spaces. Both are built once, because building one loads ICU's dictionaries, and neither holds state.
 */
const words = new Intl.Segmenter('und', { granularity: 'word' });
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

/** Whole folded words, for comparing with lists of words. */
export function foldedWords(text: string): string[] {
  // For plain ASCII this follows the segmenter's rules, in a tenth of the time.
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase().match(/[a-z0-9_]+(?:['.][a-z0-9_]+)*/g) ?? [];
  const found: string[] = [];
  for (const { segment, isWordLike } of words.segment(text)) if (isWordLike) found.push(foldText(segment));
  return found;
}

/** The term a folded word is indexed under. */
export function cut(word: string): string {
  return word.length <= maxTermLength ? word : [...word].slice(0, maxTermLength).join('');
}

/** Sentences of a plain text, trimmed, none empty. A line break ends a sentence, as it does in a chat. */
export function splitSentences(text: string): string[] {
  const found: string[] = [];
  for (const line of text.split('\n')) {
    for (const { segment } of sentences.segment(line)) {
      const sentence = segment.trim();
      if (sentence !== '') found.push(sentence);
    }
  }
  return found;
}
