import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { numbersOf, type Count, type Numbers } from './counter-statements.js';
import { changeOwn } from './member-statements.js';
import { changeMessages, insertMessages } from './message-statements.js';
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

/** How many of a room's last messages {@link foldableLine} looks at: a few people who come and go in turn. */
const foldedMessages = 20;

/**
 * Body of the CTE `folded`: the line, locked, whose place is taken by a line about `person`, caused by `actor`; no row if there is none.
 * It is a line of the last hour that says of the same person, by the same one, that they came or went. Nothing may have been said since
 * but lines of its kind, so that no answer loses what it answers; and nobody has reacted to the line or pinned it.
 *
 * The room may take a message while this statement waits for a lock. Then the line changes a moment after that message, which harms nobody.
 */
export function foldableLine(roomId: string): Prisma.Sql {
  return Prisma.sql`
    select m.id from messages m cross join actor cross join person
    where m.id = (
      select recent.id
      from (select * from messages where room_id = ${roomId}::uuid order by seq desc limit ${foldedMessages}::int) recent
      where recent.created_at > now() - interval '1 hour' and recent.seq > coalesce((
          select max(other.seq)
          from (select * from messages where room_id = ${roomId}::uuid order by seq desc limit ${foldedMessages}::int) other
          where coalesce(other.system ->> 'type', '') not in ('joined', 'left', 'added', 'removed')), 0)
        and recent.system -> 'actor' ->> 'id' = actor.id::text
        and coalesce(recent.system -> 'person', recent.system -> 'actor') ->> 'id' = person.id::text
      order by recent.seq desc limit 1)
      and m.reactions = '[]' and m.pinned_at is null
    for no key update of m`;
}

/**
 * CTE `line`, as {@link systemLine} makes it, which takes the place of the line `room.folded` unless that is null. Then it takes a `rev`
 * and no `seq`. The words for the search go, and a worker writes them anew.
 *
 * @param from sources of the columns that `says` names, beside `counter c`, `actor` and `room`. Begins with `cross join`
 */
export function foldingLine(says: Said, from: Prisma.Sql): Prisma.Sql {
  const made = Prisma.sql`counter c cross join actor cross join room ${from} where room.lines = 1`;
  return Prisma.sql`
    new_line as (${insertLine(Prisma.sql`${uuidv7()}::uuid`, Prisma.sql`c.room_id`, numbersOf('c'), says, made)}),
    folded_line as (${changeMessages({
      set: { content: says.sentence, system: says.fact, words: Prisma.sql`null` },
      from: Prisma.sql`actor cross join room ${from}`,
      id: Prisma.sql`room.folded`,
    })}),
    line as (select json from new_line union all select json from folded_line)`;
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
      values: { content: says.sentence, system: says.fact },
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
