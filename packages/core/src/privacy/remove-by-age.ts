import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { heldAuthor, heldPerson, heldRoom } from '../holds/hold-statements.js';
import { blankMessages } from '../messages/blank-messages.js';
import { deletePrivateRepliesOf } from '../protocol/private-reply-statements.js';
import { publishInbox } from '../protocol/publish-membership.js';
import { deleteReceipts } from '../protocol/receipt-statements.js';
import { firstId, type SweepStep } from '../protocol/sweep-step.js';

/** Messages that one step looks at: the statement holds the room's counter, and each that is blanked is an event. */
const stepMessages = 100;
/** Private replies that one step looks at. */
const stepReplies = 500;

/** How long the instance keeps messages. */
export interface RetentionRule {
  /** In days; null: for good. A room may keep its own for less. */
  days: number | null;
}

/** For how many days a room keeps its messages; null: for good. @param room alias of `rooms`; always a literal */
function keptDays(room: string, { days }: RetentionRule): Prisma.Sql {
  return Prisma.sql`least(${Prisma.raw(room)}.retention_days, ${days}::int)`;
}

/**
 * What was written before this is removed. The day of today counts whole, so that a room is looked through once a day and not each hour.
 *
 * @param days in SQL
 */
function cutoff(days: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`((date_trunc('day', clock_timestamp() at time zone 'utc') - ${days} * interval '1 day') at time zone 'utc')`;
}

/**
 * One step of the sweep that removes messages by their age: it blanks the oldest ones of one room that are older than the room, or the instance, keeps
 * them, as a deletion does, with the notes that were taken from them. Where a legal hold stands, nothing is removed. System
 * lines stay. Sweeps of several processes may run at once, and one that breaks off is gone on with by the next.
 *
 * @param after the id that the step before returned as `next`; null to begin
 */
export async function removeMessagesByAge(deps: CoreDeps, rule: RetentionRule, after: string | null): Promise<SweepStep> {
  const [due] = await deps.db.$queryRaw<{ roomId: string; days: number; sweptSeq: number }[]>(Prisma.sql`
    select r.id as "roomId", ${keptDays('r', rule)} as days, r.swept_seq as "sweptSeq"
    from rooms r join room_counters c on c.room_id = r.id
    where r.id > ${after ?? firstId}::uuid and c.last_seq > r.swept_seq and not ${heldRoom(Prisma.sql`r.id`)}
      and exists (
        select 1 from messages m
        where m.room_id = r.id and m.seq = r.swept_seq + 1 and m.created_at < ${cutoff(keptDays('r', rule))}
      )
    order by r.id limit 1`);
  if (!due) return { deleted: 0, next: null };
  const { roomId, days, sweptSeq } = due;
  const blanked = await blankMessages(deps, {
    aimed: Prisma.sql`
      looked as (
        select m.id, m.seq, m.kind, m.deleted_at, m.author_id, m.reply,
          m.created_at < ${cutoff(Prisma.sql`${days}::int`)} and coalesce(m.status, '') not in ('queued', 'streaming') as due
        from messages m where m.room_id = ${roomId}::uuid and m.seq > ${sweptSeq}::int order by m.seq limit ${stepMessages}::int
      ),
      reached as (select coalesce((select min(seq) - 1 from looked where not due), (select max(seq) from looked)) as seq),
      aimed as (
        select l.id from looked l cross join reached
        where l.seq <= reached.seq and l.kind <> 'system' and l.deleted_at is null and not ${heldAuthor('l')}
      )`,
    room: Prisma.sql`
      select r.*, reached.seq as reached from rooms r cross join reached cross join (select count(*) from found) locked_first
      -- Another sweep, or an owner who keeps more from now on, may have come first.
      where r.id = ${roomId}::uuid and r.swept_seq = ${sweptSeq}::int and ${keptDays('r', rule)} = ${days}::int
        and not ${heldRoom(Prisma.sql`r.id`)}
      for no key update of r`,
    set: {
      sweptSeq: Prisma.sql`room.reached`,
      historyFromSeq: Prisma.sql`greatest(r.history_from_seq, room.reached)`,
      // The room of a conversation of the chat surface is named by the first words said in it.
      name: Prisma.sql`case when total.messages > 0 and exists (select 1 from chat_sessions s where s.room_id = r.id) then 'Conversation' else r.name end`,
    },
    also: Prisma.sql`room.reached > room.swept_seq`,
    notes: true,
    audited: auditEntries(
      {
        event: 'retention.removed',
        by: 'system',
        // A direct room is named by what was said in it.
        subject: {
          kind: 'room',
          id: Prisma.sql`altered.id`,
          name: Prisma.sql`case altered.visibility when 'direct' then null else altered.name end`,
        },
        roomId: Prisma.sql`altered.id`,
        detail: Prisma.sql`jsonb_build_object('days', ${days}::int, 'messages', total.messages, 'notes', total.notes)`,
      },
      Prisma.sql`altered cross join total where total.messages > 0`,
    ),
  });
  // What was written a moment ago goes with the next sweep.
  return { deleted: blanked ? blanked.messages + blanked.notes : 0, next: blanked ? (after ?? firstId) : roomId };
}

/**
 * One step of the sweep that removes private replies by their age, which is that of their room's messages.
 *
 * @param after the id that the step before returned as `next`; null to begin
 */
export async function removePrivateRepliesByAge(
  deps: Pick<CoreDeps, 'db' | 'bus' | 'log'>,
  rule: RetentionRule,
  after: string | null,
): Promise<SweepStep> {
  const [row] = await deps.db.$queryRaw<
    { gone: { id: string; userId: string }[] | null; last: string | null; looked: number }[]
  >(Prisma.sql`
    with looked as (select p.id from private_replies p where p.id > ${after ?? firstId}::uuid order by p.id limit ${stepReplies}::int),
    due as (
      select p.id from private_replies p join rooms r on r.id = p.room_id
      where p.id = any(array(select id from looked)) and p.status not in ('queued', 'streaming')
        and p.created_at < ${cutoff(keptDays('r', rule))} and not ${heldRoom(Prisma.sql`p.room_id`)} and not ${heldPerson(Prisma.sql`p.user_id`)}
      order by p.id for update of p skip locked
    ),
    unreceipted as (${deleteReceipts(Prisma.sql`due`, Prisma.sql`due.id`)}),
    gone as (${deletePrivateRepliesOf(Prisma.sql`due`, Prisma.sql`due.id`)} returning p.id, p.user_id),
    audited as (${auditEntries(
      { event: 'retention.removed', by: 'system', detail: Prisma.sql`jsonb_build_object('privateReplies', total.replies)` },
      Prisma.sql`(select count(*)::int as replies from gone having count(*) > 0) total`,
    )})
    select (select json_agg(json_build_object('id', gone.id, 'userId', gone.user_id)) from gone) as gone,
      (select id from looked order by id desc limit 1) as last, (select count(*)::int from looked) as looked`);
  const { gone, last, looked } = row!;
  for (const { id, userId } of gone ?? []) publishInbox(deps, userId, { type: 'privateReplyDismissed', id });
  return { deleted: gone?.length ?? 0, next: looked < stepReplies ? null : last };
}
