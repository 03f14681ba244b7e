import { Prisma } from '@parley/db';
import { takeNumbersOfRooms } from './counter-statements.js';

/** Rooms that one statement touches at most; more take several. */
export const roomsPerStatement = 200;

/**
 * CTEs for a change of one person or character that all their rooms show: their row in each room takes the room's next rev, and
 * `members_rev` moves with it. They end with `numbered (room_id, last_rev, last_seq, lines)`; the caller then updates the rows, which are locked.
 *
 * Locked in the order everything is: the rows by room id, then the counters by room id. At most {@link roomsPerStatement} rooms.
 *
 * Whoever puts a person or character into a room locks their row in `users` or `characters` for share, so a change waits for
 * that; but its snapshot, being older, may not have the new room. So the caller repeats the statement, naming the rooms it has
 * touched, until none is left.
 *
 * @param of the CTE with the changed row, and its `id`
 * @param lines messages that each room takes for it, 0 or 1; an archived room takes none
 * @param touched ids of rooms to leave out
 */
export function touchRooms(
  of: { table: 'room_members' | 'room_characters'; column: 'user_id' | 'character_id'; cte: string },
  lines: 0 | 1,
  touched: readonly string[],
): Prisma.Sql {
  const [table, column, cte] = [Prisma.raw(of.table), Prisma.raw(of.column), Prisma.raw(of.cte)];
  return Prisma.sql`
    touched as (
      select t.room_id from ${table} t join ${cte} on t.${column} = ${cte}.id
      where t.left_rev is null and t.room_id <> all(${[...touched]}::uuid[])
      order by t.room_id limit ${roomsPerStatement}::int
      for no key update of t
    ),
    counters as (
      select c.room_id, case when r.archived_at is null then ${lines}::int else 0 end as lines
      from room_counters c join touched on touched.room_id = c.room_id join rooms r on r.id = c.room_id
      order by c.room_id
      for no key update of c
    ),
    ${takeNumbersOfRooms({
      room: Prisma.sql`k.room_id`,
      from: Prisma.sql`counters k`,
      messages: Prisma.sql`k.lines`,
      changes: 1,
      movesMembers: true,
      membersRev: null,
      lines: Prisma.sql`k.lines`,
    })}`;
}
