import { maxPasswordLength } from '@parley/contracts';
import { commonWords } from './common-words.js';

/** Why a password is refused: it shows nothing, or it is among the first that anyone would try. */
export type Weakness = 'blank' | 'common';

/**
 * How many parts a password needs. A common word, a name of its owner, a year and a run are one part each, as long as they are; every
 * other character is one. The lists that guessing begins with have two: `password123`, `dragon2024`. `dragon-2024` has three.
 *
 * A text is counted with its spaces and without them, because they may be what parts a word: `p a s s w o r d` has one part.
 */
const minParts = 3;

/** Rows along which passwords run, by step 1 in either direction: digits, alphabets, rows and columns of keyboards. */
const rows = [
  '01234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'абвгдеёжзийклмнопрстуфхцчшщъыьэюя',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiopü',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  'йцукенгшщзхъ',
  'фывапролджэ',
  'ячсмитьбю',
  '!@#$%^&*()',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
  'qazwsxedcrfvtgbyhnujmikolp',
];
const runs = [...rows, ...rows.map((row) => [...row].toReversed().join(''))];
const minRunLength = 3;

/** Characters that stand for letters in disguised words. `1` and `!` stand for two: both are tried. */
const disguises = { '0': 'o', '3': 'e', '4': 'a', '5': 's', '7': 't', '8': 'b', '9': 'g', '@': 'a', $: 's', '€': 'e', '+': 't' } as const;
const undisguised = (text: string, one: 'i' | 'l') =>
  [...text]
    .map((char) => (char === '1' || char === '!' || char === '|' ? one : (disguises[char as keyof typeof disguises] ?? char)))
    .join('');

/**
 * Says whether a new password is one that guessing finds soon: the commonest passwords, also in other case, with digits for letters and
 * with a few characters around them; names of the owner, and words of this place; runs along an alphabet or a keyboard; few characters
 * repeated. Takes time in proportion to the password's length.
 *
 * @param names what the owner is called: username and display name
 * @returns null for a password that is none of these
 */
export function weaknessOf(password: string, names: readonly string[]): Weakness | null {
  const text = folded(password);
  if (text.replaceAll(/[\p{Z}\p{C}\u115f\u1160\u2800\u3164]/gu, '') === '') return 'blank';
  const whole = [...text].filter((char) => char !== ' ').join('');
  if (new Set(whole).size <= 2) return 'common';
  const own = ownWords(names);
  return hasFewerParts(text, minParts, own) || hasFewerParts(unrepeated(whole), minParts, own) ? 'common' : null;
}

/** Compares as people do who guess: in one form of Unicode, whatever the case. A single character may become many: the rest is cut off. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase().trim().slice(0, maxPasswordLength);
}

/** The names, the words in them and all of them joined; too short ones are in many passwords by chance. */
function ownWords(names: readonly string[]): ReadonlySet<string> {
  const words = names.flatMap((name) => {
    const text = folded(name);
    const parts = text.split(/[^\p{L}\p{N}]+/u);
    return [text, parts.join(''), ...parts];
  });
  return new Set(words.filter((word) => word.length >= minRunLength));
}

/** `abcabcabc` without its repetitions; a text that is none stays as it is. */
function unrepeated(text: string): string {
  // A text that repeats a part of itself is found in its double, moved by that part's length.
  const period = `${text}${text}`.indexOf(text, 1);
  return text.slice(0, period);
}

/** Takes the longest part at each place, until there are enough. */
function hasFewerParts(text: string, than: number, own: ReadonlySet<string>): boolean {
  const plain = [...text];
  // Each character stays one character, so that places are the same in all forms.
  const forms = [plain, [...undisguised(text, 'i')], [...undisguised(text, 'l')]];
  let at = 0;
  for (let parts = 0; parts < than; parts++) {
    if (at >= plain.length) return true;
    at += Math.max(1, longestWord(forms, at, own), longestRun(plain, at), longestRepeat(plain, at), yearAt(plain, at));
  }
  return false;
}

const longestCommon = Math.max(...[...commonWords].map((word) => word.length));

function longestWord(forms: readonly string[][], at: number, own: ReadonlySet<string>): number {
  const longest = Math.max(longestCommon, ...[...own].map((word) => word.length));
  for (let length = Math.min(longest, forms[0]!.length - at); length >= minRunLength; length--) {
    for (const form of forms) {
      const word = form.slice(at, at + length).join('');
      if (commonWords.has(word) || own.has(word)) return length;
    }
  }
  return 0;
}

function longestRun(text: readonly string[], at: number): number {
  let longest = 0;
  for (const run of runs) {
    let length = 0;
    const start = run.indexOf(text[at]!);
    if (start === -1) continue;
    while (at + length < text.length && start + length < run.length && text[at + length] === run[start + length]) length++;
    if (length >= minRunLength && length > longest) longest = length;
  }
  return longest;
}

function longestRepeat(text: readonly string[], at: number): number {
  let length = 1;
  while (text[at + length] === text[at]) length++;
  return length >= minRunLength ? length : 0;
}

/** 1900 to 2099. */
function yearAt(text: readonly string[], at: number): number {
  return /^(?:19|20)\d\d$/.test(text.slice(at, at + 4).join('')) ? 4 : 0;
}
