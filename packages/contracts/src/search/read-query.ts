import { splitWords } from './split-words.js';

/** What a message must have: one of these alternatives, each with terms that it must all have and terms that it must not have. */
export type SearchQuery = readonly { wanted: readonly QueryTerm[]; excluded: readonly QueryTerm[] }[];

/** Words that stand right behind one another. */
export type QueryTerm = readonly QueryWord[];

export interface QueryWord {
  /** Folded. */
  text: string;
  /** True if it may be only the beginning of a form. */
  begun: boolean;
  /** How many words behind the word before it in the term; 0 for the first one. */
  distance: number;
}

/** The most words that are looked for; what is typed after them is left out. A sentence that somebody remembers has fewer. */
const maxWords = 32;

const term = /(?<not>-?)(?:"(?<quoted>[^"]*)(?:"|$)|(?<plain>[^\s"]+))/gu;

/**
 * Reads what was typed into a search: words that must all be there, `"a phrase"`, `-without` and `or`. The last word may be only begun,
 * unless it is quoted or excluded. Every text is a query. An alternative that says only what must not be there is left out, because it
 * would be nearly every message; so a query of signs alone finds nothing. Of a longer query, the first 32 words count.
 */
export function readQuery(typed: string): SearchQuery {
  const query: { wanted: QueryTerm[]; excluded: QueryTerm[] }[] = [{ wanted: [], excluded: [] }];
  const found = [...typed.trim().matchAll(term)];
  let left = maxWords;
  found.forEach(({ groups }, index) => {
    const { not, quoted, plain } = groups as { not: string; quoted?: string; plain?: string };
    if (not === '' && plain?.toLowerCase() === 'or' && index > 0 && index < found.length - 1) {
      query.push({ wanted: [], excluded: [] });
      return;
    }
    const words = termOf(quoted ?? plain!, plain !== undefined && not === '' && index === found.length - 1).slice(0, left);
    left -= words.length;
    if (words.length > 0) query.at(-1)![not === '' ? 'wanted' : 'excluded'].push(words);
  });
  return query.filter(({ wanted }) => wanted.length > 0);
}

function termOf(text: string, begun: boolean): QueryTerm {
  const words = splitWords(text);
  const term: QueryWord[] = [];
  let distance = 0;
  words.forEach((word, index) => {
    const before = words[index - 1];
    const next = words[index + 1];
    // The sign before this one has it in its form already.
    const covered = word.sign && before?.sign && before.to === word.from && !(next?.sign && next.from === word.to);
    if (!covered) {
      const alone = word.sign && !(next?.sign && next.from === word.to);
      term.push({ text: word.forms[0]!.text, begun: alone || (begun && !next), distance: term.length === 0 ? 0 : distance });
      distance = 0;
    }
    distance++;
  });
  return term;
}
