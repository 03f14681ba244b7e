import { Prisma } from '@parley/db';
import { insertCounter } from '../protocol/counter-statements.js';
import { insertEntries, insertMembers } from '../protocol/member-statements.js';
import { insertGreeting } from '../protocol/message-statements.js';
import { lanesOfBot, oneIsHooked } from '../webhooks/lanes.js';
import { insertRoom, type NewRoom } from './room-statements.js';

/**
 * The second half of every statement by which somebody makes a room. The room's row takes rev 1, its people rev 2 and perhaps 3, its characters the
 * next revs, and a greeting the last, with seq 1. No counter exists before the statement, so a room that is there already wastes no number. What
 * the webhooks of its bots hear begins with it.
 *
 * The first half is these CTEs: `people` (`id`, `role`, `rev`), who are in it from the start, and `answering` (`id`, `auto_reply`), the
 * characters; {@link answeringIn} makes the latter for a room with one character.
 */

/**
 * CTEs `room`, `counter`, `member`, `entry` and `laid`, and `greeting` if there may be one.
 *
 * @param from sources, without the word `from`. Where they have no row, and where a room of the same id or `directKey` exists, no room is made
 * @param greeter CTE of the character (`id`, `handle`, `name`, `avatar`, `greeting`) that greets, if its greeting is not empty. @default nobody
 */
export function makingRoom(room: Omit<NewRoom, 'memberCount'>, from: Prisma.Sql, greeter?: string): Prisma.Sql {
  const name = greeter === undefined ? null : Prisma.raw(greeter);
  const greets = name && Prisma.sql`counter c cross join ${name} where ${name}.greeting <> ''`;
  return Prisma.sql`
    room as (${insertRoom({ ...room, memberCount: Prisma.sql`(select count(*)::int from people)` }, from)}),
    entries as (
      select answering.*, (select max(rev) from people) + row_number() over (order by answering.auto_reply, answering.id)::int as rev from answering
    ),
    head as (
      select greatest((select max(rev) from people), (select max(rev) from entries)) + greeted.lines as rev, greeted.lines as seq
      from (select ${name ? Prisma.sql`(select count(*)::int from ${name} where ${name}.greeting <> '')` : Prisma.sql`0`} as lines) greeted
    ),
    counter as (${insertCounter(
      {
        room: Prisma.sql`room.id`,
        lastSeq: Prisma.sql`head.seq`,
        lastRev: Prisma.sql`head.rev`,
        hooked: oneIsHooked(Prisma.sql`people`),
      },
      Prisma.sql`room cross join head`,
    )}),
    member as (${insertMembers(
      {
        room: Prisma.sql`c.room_id`,
        user: Prisma.sql`people.id`,
        role: Prisma.sql`people.role`,
        rev: Prisma.sql`people.rev`,
        lastReadSeq: Prisma.sql`c.last_seq`,
      },
      Prisma.sql`counter c cross join people`,
    )}),
    entry as (${insertEntries(
      {
        room: Prisma.sql`c.room_id`,
        character: Prisma.sql`entries.id`,
        autoReply: Prisma.sql`entries.auto_reply`,
        rev: Prisma.sql`entries.rev`,
      },
      Prisma.sql`counter c cross join entries`,
    )}),
    ${lanesOfBot(Prisma.sql`member`)}
    ${greeter === undefined ? Prisma.empty : Prisma.sql`, greeting as (${insertGreeting(greeter, greets!)})`}`;
}

/**
 * Body of the CTE `answering` of a room for two: the character on the other side answers every message, and the assistant is there for commands, as
 * everywhere.
 *
 * @param other sources of the character's `id`, without the word `from`
 */
export function answeringIn(other: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    select other.id, 'always' as auto_reply from ${other}
    union all
    select ch.id, 'mention' from characters ch where ch.is_assistant and ch.deleted_at is null
      and not exists (select 1 from ${other} where other.id = ch.id)`;
}
