import { createHash } from 'node:crypto';

/**
 * Names prepared statements by their text, so that a connection parses and plans each text only once.
 *
 * Connections remember every name they have seen, so only the first `maxStatements` texts get a name: statements built from lists of
 * changing length would otherwise grow without bound.
 */
export function statementNames(maxStatements = 500): (query: { sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    // An unnamed statement: parsed for this one execution.
    if (names.size >= maxStatements) return '';
    const name = `parley_${createHash('sha256').update(sql).digest('hex').slice(0, 32)}`;
    names.set(sql, name);
    return name;
  };
}
