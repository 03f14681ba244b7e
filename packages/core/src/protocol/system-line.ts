import type { SystemFact } from '@parley/contracts';
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

/** Lines that may take each other's place: those of these types that are about the same thing. */
export interface KindOfLine {
  types: readonly SystemFact['type'][];
  /** The id of what a line is about, as text: of `line`, a row of `messages`, in SQL. */
  aboutOf: Prisma.Sql;
  /** The id of what the new line is about, as text, in SQL: a column of the statement's CTE {@link KindOfLine.source}. */
  about: Prisma.Sql;
  /** The CTE whose row names what the new line is about; it may be `actor`. */
  source: 'actor' | 'person' | 'chosen';
}

/** That a person came or went. */
export const comingAndGoing: KindOfLine = {
  types: ['joined', 'left', 'added', 'removed'],
  aboutOf: Prisma.sql`coalesce(line.system -> 'person', line.system -> 'actor') ->> 'id'`,
  about: Prisma.sql`person.id::text`,
  source: 'person',
};

/** That a person was given a role. */
export const givingOfRoles: KindOfLine = {
  types: ['role'],
  aboutOf: Prisma.sql`line.system -> 'person' ->> 'id'`,
  about: Prisma.sql`person.id::text`,
  source: 'person',
};

/** That a character was put into the room, was told when to answer, or was taken out of the room. */
export const placingOfCharacters: KindOfLine = {
  types: ['characterAdded', 'characterHabit', 'characterRemoved'],
  aboutOf: Prisma.sql`line.system -> 'character' ->> 'id'`,
  about: Prisma.sql`chosen.id::text`,
  source: 'chosen',
};

/** That the room itself was changed. */
export const changesOfRoom: KindOfLine = {
  types: ['room'],
  aboutOf: Prisma.sql`''`,
  about: Prisma.sql`''`,
  source: 'actor',
};

/**
 * Body of the CTE `folded` (`id`, and `system`, what it says): the line, locked, whose place a new line of this kind takes; no row if there
 * is none. It is the last line of this kind about the same thing, at most an hour old, and the same person, `actor`, caused it. Nothing may
 * have been said since but lines of the kind, so that no answer loses what it answers; and nobody has reacted to the line or pinned it.
 *
 * The room may take a message while this statement waits for a lock. Then the line changes a moment after that message, which harms nobody.
 */
export function foldableLine(roomId: string, { types, aboutOf, about, source }: KindOfLine): Prisma.Sql {
  const last = Prisma.sql`(select * from messages where room_id = ${roomId}::uuid order by seq desc limit ${foldedMessages}::int)`;
  return Prisma.sql`
    select m.id, m.system from messages m cross join actor ${source === 'actor' ? Prisma.empty : Prisma.raw(`cross join ${source}`)}
    where m.id = (
      select line.id
      from ${last} line
      where line.created_at > now() - interval '1 hour' and line.seq > coalesce((
          select max(other.seq) from ${last} other
          where coalesce(other.system ->> 'type', '') <> all(${[...types]}::text[])), 0)
        and ${aboutOf} = ${about}
      order by line.seq desc limit 1)
      and m.system -> 'actor' ->> 'id' = actor.id::text and m.reactions = '[]' and m.pinned_at is null and m.deleted_at is null
    for no key update of m`;
}

/**
 * Body of the CTE `room`: the room's row, locked, and four columns. `said` is 1 if the room takes a line, which an archived one does not
 * (unless the line tells of that); `folded` is the line whose place it takes, or null, and `folded_says` what that one says; `lines` is the
 * number of new lines. It stands after `folded`, which {@link foldableLine} makes.
 *
 * @param from further sources, beginning with a join
 * @param columns further columns, beginning with a comma
 * @param always true if an archived room takes the line too
 */
export function lockRoom(roomId: string, from: Prisma.Sql, columns: Prisma.Sql = Prisma.empty, always = false): Prisma.Sql {
  const takes = always ? Prisma.sql`true` : Prisma.sql`r.archived_at is null`;
  return Prisma.sql`
    select r.*, case when ${takes} then 1 else 0 end as said,
      case when ${takes} and folded.id is null then 1 else 0 end as lines,
      case when ${takes} then folded.id end as folded, case when ${takes} then folded.system end as folded_says ${columns}
    from rooms r ${from} left join folded on true
    where r.id = ${roomId}::uuid
    for no key update of r`;
}

/**
 * CTE `line`, as {@link systemLine} makes it, which takes the place of the line `room.folded` unless that is null. Then it takes a `rev`
 * and no `seq`. The words for the search go, and a worker writes them anew.
 *
 * @param from sources of the columns that `says` names, beside `counter c`, `actor` and `room`. Begins with `cross join`
 * @param messagesAfter how many messages the same statement writes after the line
 */
export function foldingLine(says: Said, from: Prisma.Sql = Prisma.empty, messagesAfter: Count = 0): Prisma.Sql {
  const made = Prisma.sql`counter c cross join actor cross join room ${from} where room.lines = 1`;
  return Prisma.sql`
    new_line as (${insertLine(Prisma.sql`${uuidv7()}::uuid`, Prisma.sql`c.room_id`, numbersOf('c', messagesAfter), says, made)}),
    folded_line as (${changeMessages({
      set: { content: says.sentence, system: says.fact, words: Prisma.sql`null` },
      from: Prisma.sql`actor cross join room ${from}`,
      id: Prisma.sql`room.folded`,
      after: messagesAfter,
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

/** Body of a CTE that writes a line of this id; it yields what `insertMessages` does. */
export function insertLine(id: Prisma.Sql, room: Prisma.Sql, numbers: Numbers, says: Said, from: Prisma.Sql): Prisma.Sql {
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
