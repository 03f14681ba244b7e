import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { numbersOf, type Count, type Numbers } from './counter-statements.js';
import { changeOwn } from './member-statements.js';
import { insertMessages } from './message-statements.js';
import { nobodysAvatarJson } from './nobodys-avatar.js';
import type { Said } from './system-facts.js';
import { roomsPerStatement } from './touch-rooms.js';

/**
 * When something happens in a room, the same statement writes a message of kind `system` that says so: facts and a plain sentence, which
 * name people as they are called at that moment.
 *
 * {@link systemLine} and {@link actorCaughtUp} need a statement with these CTEs: `actor`, the person writing; `counter`, the
 * updated row of `room_counters`, which took one `seq` and one `rev` for the line.
 */

export interface SystemLine {
  says: Said;
  /**
   * Further sources of the columns that `says` names, beside `counter c` and `actor`. Begins with `cross join`, and may end with
   * `where`.
   */
  from?: Prisma.Sql;
  /** How many messages the same statement writes after the line, and how many other rows (`changesAfter`). @default none */
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
 * CTE `lines`, with `room_id` and the message as `json`. It writes the same line in each room of `numbered` that takes a line, and
 * stands after {@link touchRooms}, which makes `numbered`.
 *
 * @param from sources of the columns that `says` names, beginning with `cross join`
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
 * CTE `caught_up`: moves the read position of the person who caused a line to that line, if they had read everything before it. So their
 * own line does not become unread to them. Their member row must be locked already, and the same statement must not change it elsewhere.
 *
 * @param unless a condition under which their row stays as it is
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
