import { foldText } from '../fold-text.js';

/** A word of a text, and the forms that a search may know it by. */
export interface Word {
  /** Where it stands, in UTF-16 units. */
  from: number;
  to: number;
  forms: readonly Form[];
  /** True for a sign of a script without spaces. Its form is itself with the sign right behind it, if there is one. */
  sign: boolean;
}

export interface Form {
  /** Folded. */
  text: string;
  /** Where it begins in the text: behind the beginning of the word if it is a part of it. */
  from: number;
}

/**
 * A sign of a script that puts no spaces between words (Korean puts particles right behind them), or of a picture, with its marks; else a
 * run of letters and digits. The length of a run is bounded because a run may be a megabyte of base64; the next one goes on behind it.
 */
const words =
  /(?=[\p{L}\p{N}\p{Extended_Pictographic}\p{RI}])(?:[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{Extended_Pictographic}\p{RI}][\p{M}\uff9e\uff9f]{0,16}|(?:(?![\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{Extended_Pictographic}\p{RI}\u200b])[\p{L}\p{N}\p{M}\p{Cf}]){1,64})/gu;
const aSign =
  /^[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{Extended_Pictographic}\p{RI}]/u;

/** The parts of `getURL2`: what a capital letter begins, capital letters, and digits. */
const parts = /(?:\p{Lu}\p{M}*)+(?![\p{Ll}\p{M}])|\p{Lu}?[^\p{Lu}\p{N}]+|\p{Lu}|\p{N}+/gu;
/** A word of more parts is no name of anything, such as a hash. Its later parts stay together. */
const maxParts = 8;
/** Some letters become eighteen when they are folded; PostgreSQL takes 2,046 bytes. In UTF-16 units. */
const maxForm = 256;

/**
 * Splits a text into the words that a search finds, for what is searched and for the query alike. There is no dictionary:
 *
 * - What stands between spaces and signs is a word, so `foo-bar.config.ts` is four words in a row.
 * - Parts of a word are further forms of it, alone and with what follows: `getUserName` is found by `user` and by `username`, `v1` by `1`.
 * - Scripts without spaces, and pictures, are read sign by sign, each with the next: 上海 is found in 我家在上海东边.
 */
export function splitWords(text: string): Word[] {
  return [...eachWord(text)];
}

/** As {@link splitWords}, one word after another: for those who may not need all. */
export function* eachWord(text: string): Generator<Word, void> {
  // The same words, in a quarter of the time.
  if (/^[\0-\x7f]*$/.test(text)) {
    for (const { 0: run, index } of text.matchAll(/[a-zA-Z0-9]{1,64}/g)) {
      yield { from: index, to: index + run.length, sign: false, forms: formsOf(run, index, foldText) };
    }
    return;
  }
  const folded = new Map<string, string>();
  const fold = (piece: string): string => {
    let known = folded.get(piece);
    if (known === undefined) {
      known = foldText(piece).slice(0, maxForm).toWellFormed();
      folded.set(piece, known);
    }
    return known;
  };
  let before: { from: number; to: number; own: string } | null = null;
  const signBefore = ({ from, to, own }: { from: number; to: number; own: string }, next: string): Word => ({
    from,
    to,
    sign: true,
    forms: [{ text: own + next, from }],
  });
  for (const { 0: run, index } of text.matchAll(words)) {
    const to = index + run.length;
    if (aSign.test(run)) {
      const own = fold(run);
      if (before) yield signBefore(before, before.to === index ? own : '');
      before = { from: index, to, own };
    } else {
      if (before) yield signBefore(before, '');
      before = null;
      const forms = formsOf(run, index, fold);
      if (forms.length > 0) yield { from: index, to, sign: false, forms };
    }
  }
  if (before) yield signBefore(before, '');
}

function formsOf(run: string, index: number, fold: (piece: string) => string): Form[] {
  const whole = { text: fold(run), from: index };
  if (whole.text === '') return [];
  if (/^(?:[A-Z]?[a-z]+|\d+|[A-Z]+)$/.test(run)) return [whole];
  const forms = [whole];
  const pieces = [...run.matchAll(parts)].slice(0, maxParts);
  if (pieces.length === 1) return forms;
  for (const [place, { 0: piece, index: at }] of pieces.entries()) {
    const rest = place === 0 ? piece : run.slice(at);
    for (const each of new Set([rest, piece])) {
      const text = fold(each);
      if (text !== '' && forms.every((form) => form.text !== text)) forms.push({ text, from: index + at });
    }
  }
  return forms;
}
