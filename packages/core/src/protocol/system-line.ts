import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { numbersOf, type Count, type Numbers } from './counter-statements.js';
import { changeOwn } from './member-statements.js';
import { insertMessages } from './message-statements.js';
import { nobodysAvatarJson } from './nobodys-avatar.js';
import type { Said } from './system-facts.js';
import { roomsPerStatement } from './touch-rooms.js';

/**
 * What happens in a room is said in it, by a message of kind `system` in the same statement: facts, and a plain sentence, that name
 * people as they are called at that moment.
 *
 * These are CTEs for statements that have, under these names: `actor`, the person writing; `counter`, the updated row of
 * `room_counters`, which took one `seq` and one `rev` for the line.
 */

export interface SystemLine {
  says: Said;
  /** Where `says` finds its columns; `counter c` and `actor` are there already. Begins with `cross join`, and may end with `where`. */
  from?: Prisma.Sql;
  /** How many messages the same statement writes after the line, and how many other rows it numbers after it. @default none */
  messagesAfter?: Count;
  changesAfter?: Count;
}

/** CTE `line`, with the message as `json`. */
export function systemLine({ says, from = Prisma.empty, messagesAfter = 0, changesAfter = 0 }: SystemLine): Prisma.Sql {
  const numbers = numbersOf('c', messagesAfter, changesAfter);
  return Prisma.sql`
    line as (${insertLine(Prisma.sql`${uuidv7()}::uuid`, Prisma.sql`c.room_id`, numbers, says, Prisma.sql`counter c cross join actor ${from}`)})`;
}

/**
 * CTE `lines`, with `room_id` and the message as `json`: the same line in each room of `numbered` that takes one, after
 * {@link touchRooms}.
 *
 * @param from where `says` finds its columns, beginning with `cross join`
 */
export function systemLines(says: Said, from: Prisma.Sql): Prisma.Sql {
  const ids = Array.from({ length: roomsPerStatement }, () => uuidv7());
  return Prisma.sql`
    lines as (${insertLine(
      Prisma.sql`ids.id`,
      Prisma.sql`n.room_id`,
      numbersOf('n'),
      says,
      Prisma.sql`(select *, row_number() over (order by room_id) as place from numbered where lines = 1) n
        join unnest(${ids}::uuid[]) with ordinality as ids (id, place) on ids.place = n.place ${from}`,
    )})`;
}

function insertLine(id: Prisma.Sql, room: Prisma.Sql, numbers: Numbers, says: Said, from: Prisma.Sql): Prisma.Sql {
  const nobody = Prisma.sql`''`;
  return insertMessages(
    {
      id,
      room,
      ...numbers,
      kind: 'system',
      author: { type: 'system', id: Prisma.sql`null`, name: nobody, handle: nobody, avatar: nobodysAvatarJson },
      system: says.fact,
      values: { content: says.sentence },
    },
    from,
  );
}

/**
 * CTE `caught_up`: a line does not become unread to the person who caused it, if nothing before it was. Their member row must be
 * locked already, and not be changed otherwise by the same statement.
 *
 * @param unless a condition under which their row is left alone
 */
export function actorCaughtUp(unless: Prisma.Sql = Prisma.sql`false`): Prisma.Sql {
  return Prisma.sql`
    caught_up as (${changeOwn({
      set: { lastReadSeq: Prisma.sql`c.last_seq` },
      from: Prisma.sql`counter c cross join actor`,
      room: Prisma.sql`c.room_id`,
      user: Prisma.sql`actor.id`,
      only: Prisma.sql`and m.last_read_seq = c.last_seq - 1 and not (${unless})`,
    })})`;
}
