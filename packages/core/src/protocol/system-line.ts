import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { messageJson } from './message-rows.js';
import { nobodysAvatarJson } from './nobodys-avatar.js';

/**
 * What happens in a room is said in it, by a message of kind `system` in the same statement: a plain sentence that names
 * people as they are called at that moment.
 *
 * These are CTEs for statements that have, under these names: `actor`, the person writing; `counter`, the updated row of
 * `room_counters`, which took one `seq` and one `rev` for the line, both the last of what it took.
 */

/**
 * CTE `line`, with one column `json`.
 *
 * @param content the sentence, in SQL
 * @param from where `content` finds its columns; `counter c` and `actor` are there already. Begins with `cross join`, and may end with `where`
 * @param after how many messages the same statement writes after the line, in SQL
 */
export function systemLine(content: Prisma.Sql, from: Prisma.Sql = Prisma.empty, after: Prisma.Sql = Prisma.sql`0`): Prisma.Sql {
  return Prisma.sql`
    line as (
      insert into messages as said (id, room_id, seq, rev, kind, author_type, author_name, author_handle, author_avatar, content)
      select ${uuidv7()}::uuid, c.room_id, c.last_seq - ${after}, c.last_rev - ${after}, 'system', 'system', '', '', ${nobodysAvatarJson}, ${content}
      from counter c cross join actor ${from}
      returning ${messageJson('said')} as json
    )`;
}

/**
 * CTE `caught_up`: a line does not become unread to the person who caused it, if nothing before it was. Their member row must be
 * locked already, and not be changed otherwise by the same statement.
 *
 * @param unless a condition under which their row is left alone
 */
export function actorCaughtUp(unless: Prisma.Sql = Prisma.sql`false`): Prisma.Sql {
  return Prisma.sql`
    caught_up as (
      update room_members m set last_read_seq = c.last_seq
      from counter c cross join actor
      where m.room_id = c.room_id and m.user_id = actor.id and m.last_read_seq = c.last_seq - 1 and not (${unless})
      returning m.user_id
    )`;
}
