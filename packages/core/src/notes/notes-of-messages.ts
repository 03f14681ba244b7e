import { Prisma } from '@parley/db';

/**
 * Body of a CTE that deletes notes; the room's row counts them anew in the same statement.
 *
 * @param using sources, without the word `using`: among them a CTE that locked the notes @param note id, in SQL
 */
export function deleteNotesOf(using: Prisma.Sql, note: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`delete from room_notes n using ${using} where n.id = ${note}`;
}
