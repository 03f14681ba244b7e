import { foldText } from '../fold-text.js';
import { splitWords } from './split-words.js';

/** PostgreSQL takes words of 2,046 bytes; a name has 64 signs at most. In UTF-16 units. */
const maxKey = 256;

/**
 * What a person or a thing is found by, as the text of a `tsvector`: each of its names folded, from its beginning and from each of its words
 * on. A query is the beginning of one of them, so a last name finds people too.
 */
export function nameKeys(names: readonly string[]): string {
  const keys = new Set(names.flatMap((name) => [keyOf(name), ...splitWords(name).map(({ from }) => keyOf(name.slice(from)))]));
  return [...keys]
    .filter((key) => key !== '')
    .map(quoted)
    .join(' ');
}

/** The query for names that begin as typed, or have a word for each one that was typed; null if nothing was typed. */
export function nameQuery(typed: string): string | null {
  const key = keyOf(typed);
  if (key === '') return null;
  const words = key.split(' ');
  const begun = (word: string) => `${quoted(word)}:*`;
  return words.length === 1 ? begun(key) : `${begun(key)} | (${words.map(begun).join(' & ')})`;
}

function keyOf(text: string): string {
  return foldText(text.replace(/\s+/gu, ' ').trim()).trim().slice(0, maxKey).toWellFormed();
}

function quoted(lexeme: string): string {
  return `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
