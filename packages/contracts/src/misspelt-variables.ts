/**
 * Variables of a process's environment that look like ones it reads and are none: `PUBLIC_ORIGIN`, `LOGLEVEL`, `OPENAI_KEY`. Nobody would
 * notice otherwise that such a setting does nothing.
 *
 * @param env the process's environment; empty variables count as unset
 * @param known what the process reads
 * @returns for each such variable the known one that it looks like, in the order of the environment
 */
export function misspeltVariables(
  env: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): { name: string; meant: string }[] {
  const exact = new Set(known);
  return Object.entries(env).flatMap(([name, value]) => {
    if (!value || exact.has(name) || name.length > 64) return [];
    const meant = known.find((candidate) => !env[candidate] && looksLike(name.toUpperCase(), candidate));
    return meant === undefined ? [] : [{ name, meant }];
  });
}

function looksLike(name: string, known: string): boolean {
  if (name.replaceAll(/[_-]/g, '') === known.replaceAll('_', '')) return true;
  // In a short name one letter makes another word: HOST and POST, PORT and PATH.
  const slips = known.length < 6 ? 0 : known.length < 10 ? 1 : 2;
  if (distance(name, known) <= slips) return true;
  const words = wordsOf(name);
  const knownWords = wordsOf(known);
  // A word was left out, as in OPENAI_KEY, or how often, as in LIMIT_SENDS.
  return words.length >= 2 && words.length * 2 >= knownWords.length && isPartOf(words, knownWords) && words[0] === knownWords[0];
}

/** The words of a name, without what it counts by: those of `LIMIT_SEND_PER_10_S` are `LIMIT` and `SEND`. */
function wordsOf(name: string): string[] {
  const words = name.split('_');
  const per = words.indexOf('PER');
  return per > 1 ? words.slice(0, per) : words;
}

/** Whether the words stand in the others, in this order. */
function isPartOf(words: readonly string[], others: readonly string[]): boolean {
  let next = 0;
  for (const other of others) if (other === words[next] || `${other}S` === words[next]) next++;
  return next === words.length;
}

/** Letters that must be put in, taken out, changed, or exchanged with the next one (optimal string alignment). */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Infinity;
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
