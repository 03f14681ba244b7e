import { maxRepliesPerMessage } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { forgetQuestions } from '../jobs/job-statements.js';
import { forgetSummaries } from '../memory/room-summary.js';
import { deleteNotesOf } from '../notes/notes-of-messages.js';
import { takeNumbers } from '../protocol/counter-statements.js';
import { deleteMentions } from '../protocol/mention-statements.js';
import { messageView, type MessageRow } from '../protocol/message-rows.js';
import { changeMessages } from '../protocol/message-statements.js';
import { roomView } from '../protocol/presenters.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { deleteReceipts, forgetEarlier } from '../protocol/receipt-statements.js';
import { roomJson, type RoomRow } from '../protocol/room-rows.js';
import { changeRoomRow, type RoomUpdate } from '../rooms/room-statements.js';
import { madeWebhookJobs, raiseEvents, wakeWebhooks } from '../webhooks/raise-events.js';
import { takeHiddenText } from './hidden-texts.js';
import { blankVersionsOf } from './reply-versions.js';

/** Messages of one room that are to be blanked together, and what that changes of the room. */
export interface Blanking {
  /** CTEs, in SQL, of which `aimed` has the `id` of each message; a hundred or so, because the statement holds the room's counter. */
  aimed: Prisma.Sql;
  /** Body of the CTE `room`: the room's row `r`, locked; without a row nothing is written. */
  room: Prisma.Sql;
  set: RoomUpdate['set'];
  /** A condition in SQL, over `room` and the CTEs of `aimed`: there is something to write although there is no message. @default false */
  also?: Prisma.Sql;
  /** Whether notes go that were taken from these messages, unless somebody wrote them anew since their message was gone. @default false */
  notes?: boolean;
  /** Body of a CTE that notes it in the audit log, over `altered`, the room's row, and `total` with how many `messages` and `notes` went. */
  audited: Prisma.Sql;
}

/** What was blanked. */
export interface Blanked {
  messages: number;
  notes: number;
}

/**
 * Blanks messages as `deleteMessage` does, many at once, and tells the room: each message takes a rev, and the room's row the last one. Replies
 * that are being written, system lines and what is deleted already stay as they are.
 *
 * @returns null if nothing was written: there is nothing to do, or one of the messages was changed at this moment
 */
export async function blankMessages(deps: CoreDeps, { aimed, room, set, also, notes = false, audited }: Blanking): Promise<Blanked | null> {
  const some = Prisma.sql`counter, (select total.first from total where total.messages > 0) first`;
  const [row] = await deps.db.$queryRaw<
    { messages: MessageRow[] | null; room: RoomRow; seq: number; notes: number; jobs: string[] | null }[]
  >(
    Prisma.sql`
    with ${aimed},
    -- The replies' own jobs, and those of the replies that texts called for, which have the places after theirs.
    job as (
      select j.id from jobs j
      where j.id in (
        select id from aimed
        union all
        select r.id from aimed join messages asking on asking.id = aimed.id join messages r
          on r.room_id = asking.room_id and r.seq > asking.seq and r.seq <= asking.seq + ${maxRepliesPerMessage}::int
        where r.kind = 'reply' and r.reply -> 'trigger' ->> 'messageId' = asking.id::text
      )
      order by j.id for no key update of j
    ),
    found as (
      select m.id, m.room_id, m.seq, m.mentions,
        -- Rows of room_mentions, reply_versions and hidden_texts are found in the snapshot, which may be older than the lock.
        (m.mentions, m.content, m.attempt, coalesce(m.status, ''), m.hidden_at is null) is distinct from (
          select (seen.mentions, seen.content, seen.attempt, coalesce(seen.status, ''), seen.hidden_at is null) from messages seen where seen.id = m.id
        ) as raced
      from messages m cross join (select count(*) from job) locked_first
      where m.id in (select id from aimed) and m.deleted_at is null and m.kind <> 'system'
        and coalesce(m.status, '') not in ('queued', 'streaming')
      order by m.id for no key update of m
    ),
    ${notes ? noted : noNotes},
    room as (${room}),
    numbered as (select found.id, row_number() over (order by found.id desc)::int as back from found),
    total as (
      select count(*)::int as messages, min(found.seq) as first, coalesce(bool_or(found.raced), false) as raced,
        (select count(*)::int from noted) as notes
      from found
    ),
    ${takeNumbers({
      room: Prisma.sql`room.id`,
      from: Prisma.sql`room cross join total`,
      changes: Prisma.sql`total.messages + 1`,
      // No membership to check: nobody of the room does this.
      membersRev: null,
      guard: Prisma.sql`and not total.raced and (total.messages > 0 or ${also ?? Prisma.sql`false`})`,
    })},
    unasked as (${forgetQuestions(Prisma.sql`counter, job`, Prisma.sql`j.id = job.id`)}),
    versions as (${blankVersionsOf(Prisma.sql`counter, found`, Prisma.sql`found.id`)}),
    hidden as (${takeHiddenText(Prisma.sql`counter, found`, Prisma.sql`found.id`)}),
    ${forgetSummaries(some, Prisma.sql`counter.room_id`, Prisma.sql`first.first`)},
    unreceipted as (${deleteReceipts(Prisma.sql`counter, found`, Prisma.sql`found.id`)}),
    forgotten as (${forgetEarlier(some, Prisma.sql`counter.room_id`, Prisma.sql`first.first`)}),
    unmentioned as (${deleteMentions(
      Prisma.sql`counter, found, lateral jsonb_array_elements_text(found.mentions) before (id)`,
      Prisma.sql`r.user_id = before.id::uuid and r.room_id = found.room_id and r.seq = found.seq`,
    )}),
    unnoted as (${deleteNotesOf(Prisma.sql`counter, noted`, Prisma.sql`noted.id`)}),
    changed as (${changeMessages({
      set: {
        content: Prisma.sql`''`,
        words: Prisma.sql`null`,
        mentions: Prisma.sql`'[]'`,
        reactions: Prisma.sql`'[]'`,
        pinnedAt: Prisma.sql`null`,
        hiddenAt: Prisma.sql`null`,
        deletedAt: Prisma.sql`clock_timestamp()`,
        reply: Prisma.sql`m.reply - 'tools' - 'instruction'`,
      },
      from: Prisma.sql`numbered`,
      id: Prisma.sql`numbered.id`,
      after: Prisma.sql`numbered.back`,
    })}),
    altered as (${changeRoomRow({
      set: {
        ...set,
        noteCount: Prisma.sql`greatest(0, r.note_count - total.notes)`,
        notesRev: Prisma.sql`case when total.notes > 0 then c.last_rev else r.notes_rev end`,
      },
      from: Prisma.sql`cross join room cross join total`,
      messagesAfter: 0,
    })}),
    audited as (${audited}),
    ${raiseEvents([{ event: 'message.deleted', subject: Prisma.sql`changed.id`, from: Prisma.sql`changed` }])}
    select (select json_agg(changed.json order by (changed.json ->> 'rev')::int) from changed) as messages,
      (select ${roomJson('altered')} from altered) as room, counter.last_seq as seq, (select total.notes from total) as notes,
      ${madeWebhookJobs} as jobs
    from counter`,
  );
  if (!row) return null;
  const messages = (row.messages ?? []).map(messageView);
  const altered = roomView(row.room);
  publishRoomEvents(
    deps,
    altered.id,
    [
      ...messages.map((message) => ({ type: 'message' as const, rev: message.rev, message })),
      { type: 'room', rev: altered.rev, room: altered },
    ],
    { seq: row.seq, rev: altered.rev, room: altered },
  );
  wakeWebhooks(deps, row.jobs);
  return { messages: messages.length, notes: row.notes };
}

/** The notes that are copies of the messages, locked. */
const noted = Prisma.sql`
  noted as (
    select n.id from room_notes n join found on n.source_id = found.id and n.room_id = found.room_id
    where not n.kept order by n.id for update of n
  )`;
const noNotes = Prisma.sql`noted as (select null::uuid as id where false)`;
