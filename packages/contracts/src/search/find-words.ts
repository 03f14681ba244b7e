import { foldText } from '../fold-text.js';
import { readQuery, type QueryTerm, type QueryWord } from './read-query.js';
import { eachWord, type Form, type Word } from './split-words.js';

/** A part of a text, in UTF-16 units. */
export interface Place {
  from: number;
  to: number;
}

/**
 * Finds where the terms of a query stand in a text, by the rules of the search. In order, none over another.
 *
 * @param span how far behind the beginning of the first place others are looked for, in UTF-16 units: whoever shows a part of the text
 * need not wait for the rest. @default the whole text
 */
export function findWords(text: string, typed: string, span = Infinity): Place[] {
  const terms = new TermsByBeginning(readQuery(typed).flatMap(({ wanted }) => wanted));
  if (terms.isEmpty) return [];
  const words = new WordsAhead(eachWord(text));
  const places: Place[] = [];
  for (let index = 0; ; index++) {
    const word = words.at(index);
    if (!word || (places[0] && word.from > places[0].from + span)) return places;
    let longest: Place | null = null;
    for (const { term, form } of terms.beginningWith(word)) {
      const to = endOfTerm(text, words, index, term, form);
      if (to > (longest?.to ?? 0)) longest = { from: form.from, to };
    }
    if (!longest) continue;
    const last = places.at(-1);
    if (last && longest.from <= last.to) last.to = Math.max(last.to, longest.to);
    else places.push(longest);
  }
}

/** The terms by their first words, so that a word of the text is compared with those alone that it may begin. */
class TermsByBeginning {
  readonly #whole = new Map<string, QueryTerm[]>();
  readonly #begun = new Map<string, QueryTerm[]>();
  /** Each length that a first word has which may be only begun. */
  readonly #lengths: ReadonlySet<number>;

  constructor(terms: readonly QueryTerm[]) {
    for (const term of terms) {
      const { text, begun } = term[0]!;
      const known = begun ? this.#begun : this.#whole;
      known.set(text, [...(known.get(text) ?? []), term]);
    }
    this.#lengths = new Set([...this.#begun.keys()].map(({ length }) => length));
  }

  get isEmpty(): boolean {
    return this.#whole.size === 0 && this.#begun.size === 0;
  }

  /** The terms whose first word is this one, each with the first form in which it is. */
  *beginningWith({ forms }: Word): Generator<{ term: QueryTerm; form: Form }> {
    const found = new Set<QueryTerm>();
    for (const form of forms) {
      const beginnings = [...this.#lengths].flatMap((length) => this.#begun.get(form.text.slice(0, length)) ?? []);
      for (const term of [...(this.#whole.get(form.text) ?? []), ...beginnings]) {
        if (!found.has(term)) yield { term, form };
        found.add(term);
      }
    }
  }
}

/** Words that are split off no earlier than somebody asks for them. */
class WordsAhead {
  readonly #rest: Iterator<Word>;
  readonly #known: Word[] = [];

  constructor(rest: Iterator<Word>) {
    this.#rest = rest;
  }

  at(index: number): Word | undefined {
    while (this.#known.length <= index) {
      const next = this.#rest.next();
      if (next.done) return undefined;
      this.#known.push(next.value);
    }
    return this.#known[index];
  }
}

/** Where a term ends that begins with this form of the word at `index`; 0 if its other words do not follow. */
function endOfTerm(text: string, words: WordsAhead, index: number, term: QueryTerm, first: Form): number {
  let at = index;
  let last: Form = first;
  for (const wanted of term.slice(1)) {
    at += wanted.distance;
    const form = words.at(at)?.forms.find((each) => fits(each, wanted));
    if (!form) return 0;
    last = form;
  }
  return endOf(text, last.from, term.at(-1)!.text);
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
