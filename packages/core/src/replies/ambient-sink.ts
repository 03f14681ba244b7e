import type { MessageView, ReplyRequest } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { ambientKind } from '../jobs/ambient.js';
import { kindOfReply } from '../jobs/agent-kinds.js';
import { askedColumns, askedOf, askedSources, type AskedRow } from '../jobs/asked-character.js';
import type { ReplyTask } from '../jobs/claimed-reply.js';
import { JobLife } from '../jobs/job-life.js';
import type { AttemptCost, JobSink } from '../jobs/job-sink.js';
import { insertJobs } from '../jobs/job-statements.js';
import { waitingJobs, wakeJobs, type WaitingJob } from '../jobs/wake-job.js';
import { numbersOf, takeNumbers } from '../protocol/counter-statements.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { messageView, type MessageRow } from '../protocol/message-rows.js';
import { askedCharacter, insertMessages } from '../protocol/message-statements.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';

/** What became of the question whether a character has something to say. */
export interface AmbientEnd extends AttemptCost {
  speaks: boolean;
}

/** A character that may have something to say, and what it may know when it is asked. */
export interface AmbientTask extends ReplyTask {
  /** Why it may have: see `ambientCause`. */
  cause: string;
}

interface AmbientRow extends AskedRow {
  request: ReplyRequest & { data?: { cause?: string } };
  lastSeq: number;
  now: Instant;
  /** True if there is nothing to answer any more: the message is gone, somebody answered, or the character is not to speak unasked. */
  isOver: boolean;
}

interface Written {
  done: boolean;
  reply: MessageRow | null;
  seq: number | null;
  rev: number | null;
  waiting: WaitingJob[] | null;
}

/** What the character was not told of it must not answer. */
const said = Prisma.sql`called.deleted_at is null and not called.hidden_from_ai`;

/** Whether somebody answered: of a question anyone but who asked it, else the character itself. */
const answered = Prisma.sql`exists (
  select 1 from messages later
  where later.room_id = job.room_id and later.seq > called.seq and later.kind in ('text', 'reply') and later.deleted_at is null
    and case when job.request -> 'data' ->> 'cause' = 'question' then later.author_id is distinct from called.author_id
      else later.author_id = job.character_id end)`;

const nothingSaid = Prisma.sql`written as (select true as done from job)`;
const noReply = Prisma.sql`true as done, null::json as reply, null::int as seq, null::int as rev, null::json as waiting`;

/**
 * Jobs that find out whether a character has something to say. Nobody is told of them; where it has, the end of the job writes its queued
 * reply, with the job of that.
 */
const ambientSink: JobSink<AmbientRow, AmbientTask, AmbientEnd, Written, MessageView | null> = {
  kind: ambientKind,
  wakes: 'job',
  keptDays: 1,
  withdrawn: Prisma.sql`false`,
  places: () => ({ perRoom: undefined, perPerson: undefined }),

  claim: {
    ctes: nothingSaid,
    columns: Prisma.sql`${noReply}, ${askedColumns},
      (select c.last_seq from room_counters c where c.room_id = job.room_id) as "lastSeq", clock_timestamp() as now,
      called.id is null or not (${said}) or rc.auto_reply is distinct from 'ambient' or r.archived_at is not null or ${answered} as "isOver"`,
    joins: Prisma.sql`${askedSources} join rooms r on r.id = job.room_id
      left join messages called on called.id = (job.request -> 'trigger' ->> 'messageId')::uuid`,
  },

  claimOf(_deps, row) {
    const { name, handle, avatar } = row.askedBy;
    const message = { seq: row.lastSeq + 1, createdAt: toIso(row.now) };
    return { ...askedOf(row), addressee: { type: 'user', name, handle, avatar }, message, cause: row.request.data?.cause ?? '' };
  },

  refuse({ characterLeft, stopRequested, aiPaused, isOver }, exhausted) {
    return characterLeft || stopRequested || aiPaused || isOver || exhausted ? { usage: null, speaks: false } : null;
  },

  end({ speaks }) {
    if (!speaks) return { ctes: nothingSaid, columns: noReply };
    const unwritten = { model: null, startedAt: null, finishedAt: null, stoppedBy: null, usage: null };
    const numbers = numbersOf('counter', 0);
    const trigger = Prisma.sql`job.request -> 'trigger'`;
    return {
      ctes: Prisma.sql`
        asked as (
          select ${uuidv7()}::uuid as id, c.id as character_id, c.name, c.handle, c.avatar, called.id as called_id
          from job
            join messages called on called.id = (${trigger} ->> 'messageId')::uuid and ${said}
            join rooms r on r.id = job.room_id and r.archived_at is null and r.ai_paused_at is null
            join room_characters rc on rc.room_id = job.room_id and rc.character_id = job.character_id and rc.left_rev is null and rc.auto_reply = 'ambient'
            join characters c on c.id = job.character_id and c.deleted_at is null
          -- A deletion takes the question out of the reply's job, so it has to come before or after.
          for share of called
        ),
        ${takeNumbers({ room: Prisma.sql`job.room_id`, from: Prisma.sql`job cross join asked`, messages: 1, membersRev: null })},
        answers as (${insertMessages(
          {
            id: Prisma.sql`asked.id`,
            room: Prisma.sql`counter.room_id`,
            ...numbers,
            kind: 'reply',
            author: askedCharacter,
            replyTo: Prisma.sql`asked.called_id`,
            values: {
              content: Prisma.sql`''`,
              status: Prisma.sql`'queued'`,
              reply: Prisma.sql`${JSON.stringify(unwritten)}::jsonb || jsonb_build_object('askedBy', job.asked_by, 'trigger', ${trigger})`,
            },
          },
          Prisma.sql`asked cross join counter cross join job`,
        )}),
        answer_jobs as (${insertJobs(
          {
            kind: kindOfReply('reply', Prisma.sql`asked.character_id`),
            id: Prisma.sql`answers.id`,
            room: Prisma.sql`answers.room_id`,
            character: Prisma.sql`asked.character_id`,
            askedBy: Prisma.sql`job.asked_by`,
            paidBy: Prisma.sql`job.paid_by`,
            // Whoever claims it reads what the message says by then. Its text is not kept here too, where an edit or a deletion may not find it.
            request: Prisma.sql`(job.request - 'data') || jsonb_build_object('question', '')`,
          },
          Prisma.sql`answers join asked on asked.id = answers.id cross join job`,
        )}),
        ${nothingSaid}`,
      columns: Prisma.sql`true as done, (select json from answers) as reply, (select last_seq from counter) as seq, (select last_rev from counter) as rev,
        ${waitingJobs('answer_jobs')} as waiting`,
    };
  },

  requeue() {
    return { ctes: nothingSaid, columns: noReply };
  },

  announce(deps, { reply, seq, rev, waiting }) {
    if (!reply || seq === null || rev === null) return null;
    const message = messageView(reply);
    publishRoomEvents(deps, message.roomId, [{ type: 'message', rev: message.rev, message }], { seq, rev });
    wakeJobs(deps, waiting);
    return message;
  },
};

export const ambientJobs = new JobLife(ambientSink);
