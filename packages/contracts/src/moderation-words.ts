import { foldText } from './fold-text.js';
import type { Steps } from './steps.js';

/** What becomes of a message with a blocked word. */
export const blockedWordActions = ['refuse', 'mask'] as const;
export type BlockedWordAction = (typeof blockedWordActions)[number];

/** A place in a text, in UTF-16 units. */
export interface BlockedPlace {
  start: number;
  end: number;
}

/** Letters of Cyrillic and Greek, and digits, that are written for Latin ones because they look like them. Compared after {@link foldText}. */
const looksLike: Readonly<Record<string, string>> = {
  а: 'a',
  в: 'b',
  с: 'c',
  е: 'e',
  һ: 'h',
  і: 'i',
  ј: 'j',
  к: 'k',
  м: 'm',
  н: 'h',
  о: 'o',
  р: 'p',
  ѕ: 's',
  т: 't',
  у: 'y',
  х: 'x',
  ѵ: 'v',
  ԁ: 'd',
  ԛ: 'q',
  ԝ: 'w',
  α: 'a',
  β: 'b',
  ε: 'e',
  η: 'n',
  ι: 'i',
  κ: 'k',
  μ: 'u',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
};

const inWord = /[\p{L}\p{M}\p{N}]/u;
/** Scripts that are written without spaces: a word of theirs may stand inside of what looks like another. */
const withoutSpaces =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

interface Node {
  next: Map<string, Node>;
  /** True where a word ends. */
  end: boolean;
  /** True where that word may stand anywhere. */
  anywhere: boolean;
}

/** A list of blocked words, made ready to be looked for. */
export class BlockedWords {
  readonly #root: Node = newNode();
  readonly size: number;

  /** @param words as people wrote them; those without a letter or digit are left out */
  constructor(words: readonly string[]) {
    let size = 0;
    for (const word of words) {
      const letters = [...lettersOf(word.trim().normalize('NFC'))]
        .map(({ letter }) => letter)
        .filter((letter, at, all) => letter !== ' ' || all[at - 1] !== ' ');
      if (!letters.some((letter) => inWord.test(letter))) continue;
      let node = this.#root;
      for (const letter of letters) {
        let next = node.next.get(letter);
        if (!next) node.next.set(letter, (next = newNode()));
        node = next;
      }
      node.end = true;
      node.anywhere = withoutSpaces.test(word);
      size++;
    }
    this.size = size;
  }

  /**
   * Finds them in a text as whole words, whatever their case, accents, width and letters that only look alike, and whatever stands unseen between
   * them. The steps are bounded by the longest word for each letter.
   */
  *find(text: string): Steps<BlockedPlace[]> {
    const places: BlockedPlace[] = [];
    if (this.size === 0) return places;
    const letters: Letter[] = [];
    let read = 0;
    for (const letter of lettersOf(text)) {
      letters.push(letter);
      if (++read % 2_000 === 0) yield 2_000;
    }
    for (let at = 0; at < letters.length; at++) {
      if (at % 500 === 499) yield 500;
      const place = this.#from(letters, at);
      if (!place) continue;
      places.push({ start: letters[place.first]!.start, end: letters[place.last]!.end });
      at = place.last;
    }
    return places;
  }

  #from(letters: readonly Letter[], first: number): { first: number; last: number } | null {
    const begins = first === 0 || !inWord.test(letters[first - 1]!.letter);
    let node: Node | undefined = this.#root;
    let found: number | null = null;
    for (let at = first; at < letters.length; at++) {
      const { letter } = letters[at]!;
      // Any number of spaces stands for one.
      if (letter === ' ' && at > first && letters[at - 1]!.letter === ' ') continue;
      node = node.next.get(letter);
      if (!node) break;
      const ends = at + 1 === letters.length || !inWord.test(letters[at + 1]!.letter);
      if (node.end && (node.anywhere || (begins && ends))) found = at;
    }
    return found === null ? null : { first, last: found };
  }
}

/** A text with a dot in the place of each sign of these places. */
export function maskPlaces(text: string, places: readonly BlockedPlace[]): string {
  let masked = '';
  let at = 0;
  for (const { start, end } of places) {
    masked += text.slice(at, start) + '•'.repeat([...text.slice(start, end)].length);
    at = end;
  }
  return masked + text.slice(at);
}

/** Whether a text is another with places masked, so that a send that is repeated is known again after the list has changed. */
export function isMaskOf(masked: string, text: string): boolean {
  const [dots, signs] = [[...masked], [...text]];
  return dots.length === signs.length && dots.every((sign, at) => sign === '•' || sign === signs[at]);
}

interface Letter {
  letter: string;
  start: number;
  end: number;
}

/** The letters of a text as they are compared, each with its place. What is not seen is left out; it belongs to the letter before it. */
function* lettersOf(text: string): Generator<Letter> {
  let at = 0;
  let last: Letter | null = null;
  for (const sign of text) {
    const [start, end] = [at, at + sign.length];
    at = end;
    const folded = foldText(sign);
    if (folded === '') {
      if (last) last.end = end;
      continue;
    }
    for (const part of /^\s/u.test(folded) ? ' ' : folded) {
      last = { letter: looksLike[part] ?? part, start, end };
      yield last;
    }
  }
}

function newNode(): Node {
  return { next: new Map(), end: false, anywhere: false };
}
