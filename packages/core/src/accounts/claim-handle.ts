import { Prisma } from '@parley/db';

/**
 * Statement, or body of a CTE, that takes a handle for good and yields it. It yields nothing if a person or a character has or had the handle.
 *
 * @param from sources, without the word `from`; where they have no row, nothing is taken
 */
export function claimHandle(handle: string, from: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`insert into handles (handle) select ${handle}::text from ${from} on conflict do nothing returning handle`;
}
