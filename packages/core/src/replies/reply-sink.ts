import { replyErrors, type MessageView, type ReplyErrorCode } from '@parley/contracts';
import { indexWordsInSteps } from '@parley/contracts/search';
import { Prisma } from '@parley/db';
import type { ClaimedReply } from '../jobs/claimed-reply.js';
import { JobLife } from '../jobs/job-life.js';
import type { CoreDeps } from '../deps.js';
import { waitingJobs, wakeJobs, type WaitingJob } from '../jobs/wake-job.js';
import { outcomeOfJob, type AttemptCost, type JobSink } from '../jobs/job-sink.js';
import { answerable, standsAlone } from '../jobs/stands-alone.js';
import { instantNow } from '../protocol/instant.js';
import { readInTurns } from '../protocol/long-text.js';
import { messageView, type MessageRow } from '../protocol/message-rows.js';
import { changeMessages, textColumns } from '../protocol/message-statements.js';
import type { NewReceipt } from '../protocol/receipt.js';
import { insertReceipt } from '../protocol/receipt-statements.js';
import { madeWebhookJobs, raiseEvents, wakeWebhooks } from '../webhooks/raise-events.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { lockMessageThenNumber, type WrittenReply } from '../protocol/reply-statement.js';
import { askedColumns, askedOf, askedSources, type AskedRow } from '../jobs/asked-character.js';
import { askedNow, calledCount, calledRows, calledTable, callingText, type CallsFromReply } from './calls-from-reply.js';
import { accountClosed } from '../sessions/standing-session.js';

/** How an attempt ended. */
export interface ReplyEnd extends AttemptCost {
  status: 'complete' | 'stopped' | 'failed';
  /** The whole text, exactly the deltas joined: well-formed Unicode without U+0000. */
  content: string;
  /** `provider:model` that wrote the text; null keeps the model that the message already names. */
  model: string | null;
  error: { code: string; message: string } | null;
  /** User id. If this is null, a stopped reply names the person who asked for the stop. */
  stoppedBy: string | null;
  /** The calls that the reply makes, written in the same statement; see `callsFromReply`. @default none */
  calls?: CallsFromReply | null;
  /** What the attempt was made from. @default none */
  receipt?: NewReceipt | null;
}

interface ReplyRow extends AskedRow {
  addressee: ClaimedReply['addressee'];
  /** As {@link callingText} gives it. */
  calling: string | null;
  questionDeleted: boolean;
  askerGone: boolean;
}

/** What every step of a reply's job writes. */
export interface WrittenStep extends WrittenReply {
  /** The queued replies of the characters that this reply calls. */
  replies: MessageRow[] | null;
  /** Their jobs. */
  waiting: WaitingJob[] | null;
  /** Ids of the jobs of webhooks. */
  webhooks: string[] | null;
}

const written = Prisma.sql`written.json as message, counter.last_seq as seq, counter.last_rev as rev`;

/** A {@link Wish}, of a job whose reply was to be written again with an instruction; else null. */
const wish = Prisma.sql`
  (
    select json_build_object('by', json_build_object('name', wisher.display_name, 'handle', wisher.username),
      'instruction', job.request -> 'retry' ->> 'instruction', 'of', (job.request -> 'retry' ->> 'of')::int, 'before', (
        select nullif(v.content, '') from reply_versions v join messages again on again.id = v.message_id and not again.hidden_from_ai
        where v.message_id = job.id and v.attempt = (job.request -> 'retry' ->> 'of')::int))
    from users wisher where wisher.id = (job.request -> 'retry' ->> 'by')::uuid and job.request -> 'retry' ->> 'instruction' is not null
  ) as wish`;

const nobodyCalled = Prisma.sql`null::json as replies, null::json as waiting`;

/** Replies in rooms: each is a message, and every step of its job changes that message and takes the room's next rev. */
export const replySink: JobSink<ReplyRow, ClaimedReply, ReplyEnd, WrittenStep, MessageView> = {
  kind: 'reply',
  wakes: 'room',
  // A quarter of a year in which a reply can be written again.
  keptDays: 90,
  withdrawn: Prisma.sql`false`,
  places: ({ maxPerRoom, maxPerPerson }) => ({ perRoom: maxPerRoom, perPerson: maxPerPerson }),

  claim: {
    ctes: Prisma.sql`
      ${lockMessageThenNumber()},
      written as (${changeMessages({
        set: {
          status: Prisma.sql`'streaming'`,
          attempt: Prisma.sql`job.attempt`,
          content: Prisma.sql`''`,
          words: Prisma.sql`null`,
          error: Prisma.sql`null`,
          reply: Prisma.sql`m.reply || jsonb_build_object('startedAt', ${instantNow}, 'finishedAt', null, 'stoppedBy', null, 'usage', null)`,
        },
        from: Prisma.sql`job`,
        id: Prisma.sql`job.id`,
      })})`,
    columns: Prisma.sql`
      ${written}, ${nobodyCalled}, null::json as webhooks, ${askedColumns}, ${wish},
      json_build_object('type', coalesce(called.author_type, 'user'), 'name', coalesce(called.author_name, u.display_name),
        'handle', coalesce(called.author_handle, u.username), 'avatar', coalesce(called.author_avatar, u.avatar)) as addressee,
      -- The message is read as it was before this statement waited for the job; the job is read as it is now.
      not ${answerable('job')} or (called.deleted_at is not null or called.hidden_from_ai) and not ${standsAlone('job')} as "questionDeleted",
      ${callingText('job')} as calling, ${accountClosed} as "askerGone"`,
    joins: Prisma.sql`
      cross join counter ${askedSources} left join messages called on called.id = (job.request -> 'trigger' ->> 'messageId')::uuid`,
  },

  claimOf(deps, row) {
    const request = askedNow(row.request, row.calling);
    return { ...askedOf(row), request, addressee: row.addressee, message: announce(deps, row) };
  },

  refuse({ stopRequested, characterLeft, questionDeleted, askerGone, aiPaused }, exhausted) {
    // The worker that claimed the reply ends it as stopped.
    if (stopRequested) return null;
    if (characterLeft) return failed('CHARACTER_GONE');
    if (questionDeleted) return failed('QUESTION_DELETED');
    if (askerGone) return failed('ASKER_GONE');
    if (aiPaused) return failed('ROOM_AI_PAUSED');
    return exhausted ? failed('TRIES_EXHAUSTED') : null;
  },

  async end({ status, content, model, error, stoppedBy, calls = null, receipt }) {
    const words = await readInTurns(content, indexWordsInSteps);
    const count = calls ? calledCount : 0;
    return {
      ctes: Prisma.sql`
        ${calls ? Prisma.sql`${calledTable(calls)},` : Prisma.empty}
        ${lockMessageThenNumber({ added: count })},
        ended as (${changeMessages({
          set: {
            status: Prisma.sql`${status}::text`,
            ...textColumns(content, words),
            error: Prisma.sql`${error && JSON.stringify(error)}::jsonb`,
            reply: Prisma.sql`m.reply || jsonb_build_object('finishedAt', ${instantNow}, 'usage', job.usage,
              'model', coalesce(to_jsonb(${model}::text), m.reply -> 'model'),
              'stoppedBy', case when ${status}::text = 'stopped' then coalesce(${stoppedBy}::uuid, job.stop_requested_by) end)`,
          },
          from: Prisma.sql`job`,
          id: Prisma.sql`job.id`,
          after: count,
        })}),
        receipt as (${insertReceipt(receipt)}),
        ${calls ? Prisma.sql`${calledRows(calls)},` : Prisma.empty}
        ${raiseEvents([{ event: 'reply.finished', subject: Prisma.sql`ended.id`, from: Prisma.sql`ended` }])},
        written as (select * from ended)`,
      columns: Prisma.sql`
        ${written}, ${calls ? Prisma.sql`(select json_agg(answers.json order by answers.seq) from answers) as replies, ${waitingJobs('answer_jobs')} as waiting` : nobodyCalled}, ${madeWebhookJobs} as webhooks`,
      joins: Prisma.sql`cross join counter`,
    };
  },

  requeue(soFar) {
    return {
      ctes: Prisma.sql`
        ${lockMessageThenNumber()},
        given_up as (${changeMessages({
          set: {
            status: Prisma.sql`outcome.status`,
            content: Prisma.sql`case when outcome.status = 'stopped' or ${soFar.waiting !== undefined} then ${soFar.content}::text else '' end`,
            words: Prisma.sql`null`,
            reply: Prisma.sql`m.reply || jsonb_build_object('stoppedBy', job.stop_requested_by,
              'finishedAt', case when job.state = 'done' then ${instantNow} end, 'usage', job.usage,
              'model', case when job.state = 'done' then coalesce(to_jsonb(${soFar.model}::text), m.reply -> 'model') else m.reply -> 'model' end)${soFar.waiting ? Prisma.sql` || jsonb_build_object('tools', ${JSON.stringify(soFar.waiting)}::jsonb)` : Prisma.empty}`,
          },
          from: Prisma.sql`job cross join lateral (select ${outcomeOfJob} as status) outcome`,
          id: Prisma.sql`job.id`,
        })}),
        receipt as (${insertReceipt(soFar.receipt)}),
        ${raiseEvents([{ event: 'reply.finished', subject: Prisma.sql`job.id`, from: Prisma.sql`given_up cross join job where job.state = 'done'` }])},
        written as (select * from given_up)`,
      columns: Prisma.sql`${written}, ${nobodyCalled}, ${madeWebhookJobs} as webhooks`,
      joins: Prisma.sql`cross join counter`,
    };
  },

  steps(tools) {
    return {
      ctes: Prisma.sql`
        ${lockMessageThenNumber()},
        written as (${changeMessages({
          set: { reply: Prisma.sql`m.reply || jsonb_build_object('tools', ${JSON.stringify(tools)}::jsonb)` },
          from: Prisma.sql`job`,
          id: Prisma.sql`job.id`,
        })})`,
      columns: Prisma.sql`${written}, ${nobodyCalled}, null::json as webhooks`,
      joins: Prisma.sql`cross join counter`,
    };
  },

  announce,
};

export const replyJobs = new JobLife(replySink);

/** The end of a reply that no attempt can write. It fails visibly, so that the job neither waits for ever nor is tried again and again. */
function failed(code: ReplyErrorCode): ReplyEnd {
  return { status: 'failed', content: '', model: null, usage: null, error: { code, message: replyErrors[code] }, stoppedBy: null };
}

function announce(deps: Pick<CoreDeps, 'bus' | 'log'>, row: WrittenStep): MessageView {
  const message = messageView(row.message);
  const replies = (row.replies ?? []).map(messageView);
  const events = [message, ...replies].map((each) => ({ type: 'message' as const, rev: each.rev, message: each }));
  publishRoomEvents(deps, message.roomId, events, { seq: row.seq, rev: row.rev });
  wakeJobs(deps, row.waiting);
  wakeWebhooks(deps, row.webhooks);
  return message;
}
