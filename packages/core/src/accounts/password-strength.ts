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
 * repeated; all of this backwards too. Takes time in proportion to the password's length, but for one of few characters, whose square it is.
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
  const forms = new Set([text, unrepeated(whole)].flatMap((form) => [form, [...form].toReversed().join('')]));
  return [...forms].some((form) => hasFewerParts(form, minParts, own)) ? 'common' : null;
}

/**
 * Compares as people do who guess: in one form of Unicode, whatever the case, without what is not seen. A single character may become many:
 * the rest is cut off.
 */
function folded(text: string): string {
  const seen = text.normalize('NFKC').replaceAll(/[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu, '');
  return seen.toLowerCase().trim().slice(0, maxPasswordLength);
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

/** Tries every part at each place, because the longest may leave more: `letmein1` and `23` are three parts, `letmein` and `123` two. */
function hasFewerParts(text: string, than: number, own: ReadonlySet<string>): boolean {
  const plain = [...text];
  // Each character stays one character, so that places are the same in all forms.
  const forms = [plain, [...undisguised(text, 'i')], [...undisguised(text, 'l')]];
  let places: ReadonlySet<number> = new Set([0]);
  for (let parts = 0; parts < than; parts++) {
    if (places.has(plain.length)) return true;
    const next = new Set<number>();
    for (const at of places) for (const length of partsAt(forms, at, own)) next.add(at + length);
    places = next;
  }
  return false;
}

/** The lengths of all parts that begin at a place, a single character among them. */
function partsAt(forms: readonly (readonly string[])[], at: number, own: ReadonlySet<string>): number[] {
  const [plain = []] = forms;
  if (at >= plain.length) return [];
  const lengths = [1, ...wordsAt(forms, at, own), ...(isYear(plain, at) ? [4] : [])];
  for (let length = Math.max(longestRun(plain, at), longestRepeat(plain, at)); length >= minRunLength; length--) lengths.push(length);
  return lengths;
}

const commonLengths: ReadonlySet<number> = new Set([...commonWords].map((word) => word.length));

function wordsAt(forms: readonly (readonly string[])[], at: number, own: ReadonlySet<string>): number[] {
  const lengths = new Set([...commonLengths, ...[...own].map((word) => word.length)]);
  const isWord = (word: string) => commonWords.has(word) || own.has(word);
  return [...lengths].filter((length) => forms.some((form) => isWord(form.slice(at, at + length).join(''))));
}

function longestRun(text: readonly string[], at: number): number {
  let longest = 0;
  for (const run of runs) {
    let length = 0;
    const start = run.indexOf(text[at]!);
    if (start === -1) continue;
    while (at + length < text.length && start + length < run.length && text[at + length] === run[start + length]) length++;
    if (length > longest) longest = length;
  }
  return longest;
}

function longestRepeat(text: readonly string[], at: number): number {
  let length = 1;
  while (text[at + length] === text[at]) length++;
  return length;
}

/** 1900 to 2099. */
function isYear(text: readonly string[], at: number): boolean {
  return /^(?:19|20)\d\d$/.test(text.slice(at, at + 4).join(''));
}
