import { nameQuery } from '@parley/contracts/search';
import { Prisma } from '@parley/db';

/**
 * The condition that a user `u` is found by what was typed: the username or the display name begins so, or a word of it does, whatever its
 * case and accents; words may be begun in any order. An `@` before it is ignored. Null if nobody can be found so.
 *
 * @param typed not empty, apart from an `@`
 */
export function isCalled(typed: string): Prisma.Sql | null {
  const names = nameQuery(typed.replace(/^@/, ''));
  if (names === null) return null;
  const pattern = `${withoutSign(typed).replace(/[\\%_]/g, String.raw`\$&`)}%`;
  // Where `names` is null, no worker has written yet what these are found by.
  return Prisma.sql`(u.names @@ ${names}::tsquery
    or u.names is null and (lower(u.username) like ${pattern} or lower(u.display_name) like ${pattern}))`;
}

/** The username that was typed, if it is one. */
export function withoutSign(typed: string): string {
  return typed.replace(/^@/, '').toLowerCase();
}
