import { Prisma } from '@parley/db';
import { takeNumbersOfRooms } from './counter-statements.js';

/** The most rooms that one statement touches; more rooms take several statements. */
export const roomsPerStatement = 200;

/**
 * CTEs for a change of one person or character that all their rooms show. In each room, the row of the person or character takes the
 * room's next rev, and `members_rev` moves with it. The last CTE is `numbered (room_id, last_rev, last_seq, lines)`; after it the caller
 * updates the rows, which are locked.
 *
 * The locks are taken in the order that holds everywhere: the rows by room id, then the counters by room id. At most
 * {@link roomsPerStatement} rooms.
 *
 * A statement that puts a person or character into a room locks their row in `users` or `characters` for share, so this change waits for
 * that statement. But the snapshot of this change is older and may not have the new room. So the caller repeats the statement, naming
 * the rooms that were touched, until none is left.
 *
 * @param of the table and column that place the changed row in rooms, and the CTE that has the row's `id`
 * @param lines how many messages each room takes for the change: none or one, or in SQL by the counter `c` of the room; an archived room takes none
 * @param touched ids of rooms to leave out
 */
export function touchRooms(
  of: { table: 'room_members' | 'room_characters'; column: 'user_id' | 'character_id'; cte: string },
  lines: 0 | 1 | Prisma.Sql,
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
      select c.room_id, case when r.archived_at is null then ${lines instanceof Prisma.Sql ? lines : Prisma.sql`${lines}::int`} else 0 end as lines
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
