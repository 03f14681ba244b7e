import { replyErrors, type PrivateReply, type ReplyErrorCode } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { ClaimedPrivateReply } from '../jobs/claimed-reply.js';
import { JobLife } from '../jobs/job-life.js';
import type { CoreDeps } from '../deps.js';
import { outcomeOfJob, type JobSink } from '../jobs/job-sink.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { changePrivateReplies, writtenPrivately, type WrittenPrivateReply } from '../protocol/private-reply-statements.js';
import { insertReceipt } from '../protocol/receipt-statements.js';
import { privateReplyView } from '../protocol/private-reply-view.js';
import { publishInbox } from '../protocol/publish-membership.js';
import { askedColumns, askedOf, askedSources, type AskedRow } from '../jobs/asked-character.js';
import type { ReplyEnd } from './reply-sink.js';
import { accountClosed } from '../sessions/standing-session.js';

/** How an attempt at a private reply ended. Only the asker can have stopped it, and a private reply calls nobody. */
export type PrivateEnd = Omit<ReplyEnd, 'stoppedBy' | 'calls'>;

interface PrivateRow extends AskedRow {
  askedSeq: number;
  createdAt: Instant;
  askerLeft: boolean;
}

/** A person's private replies are written one at a time. */
const onePerPerson = { perRoom: undefined, perPerson: 1 };

const askerInRoom = Prisma.sql`
  exists (select 1 from room_members own where own.room_id = j.room_id and own.user_id = j.asked_by and own.left_rev is null)`;

/** Private replies: rows beside the room, without `seq` or `rev`. Only their asker is told of them. */
export const privateReplySink: JobSink<PrivateRow, ClaimedPrivateReply, PrivateEnd, WrittenPrivateReply, PrivateReply> = {
  kind: 'private_reply',
  wakes: 'job',
  keptDays: 1,
  withdrawn: Prisma.sql`not ${askerInRoom}`,
  places: () => onePerPerson,

  claim: {
    ctes: Prisma.sql`
      written as (${changePrivateReplies(
        { status: Prisma.sql`'streaming'`, attempt: Prisma.sql`job.attempt`, content: Prisma.sql`''`, error: Prisma.sql`null` },
        Prisma.sql`job`,
        Prisma.sql`p.id = job.id`,
      )})`,
    columns: Prisma.sql`
      ${writtenPrivately}, ${askedColumns}, written.asked_seq as "askedSeq", written.created_at as "createdAt",
      ${accountClosed} or own.user_id is null or own.left_rev is not null as "askerLeft"`,
    joins: Prisma.sql`${askedSources} left join room_members own on own.room_id = job.room_id and own.user_id = job.asked_by`,
  },

  claimOf(deps, row) {
    const { name, handle, avatar } = row.askedBy;
    // A later attempt starts with an empty text, so tell the asker: they may have seen text of an earlier attempt.
    if (row.attempt > 1 && !row.askerLeft) tellAsker(deps, row);
    const message = { seq: row.askedSeq + 1, createdAt: toIso(row.createdAt) };
    return { ...askedOf(row), addressee: { type: 'user', name, handle, avatar }, message, onlyForAsker: true };
  },

  refuse({ stopRequested, characterLeft, askerLeft, aiPaused }, exhausted) {
    // The asker must see nothing of the room any more, so no failure is told.
    if (askerLeft) return over(null);
    if (stopRequested) return null;
    if (characterLeft) return over('CHARACTER_GONE');
    if (aiPaused) return over('ROOM_AI_PAUSED');
    return exhausted ? over('TRIES_EXHAUSTED') : null;
  },

  end({ status, content, model, error, receipt }) {
    return {
      ctes: Prisma.sql`
        receipt as (${insertReceipt(receipt)}),
        written as (${changePrivateReplies(
          {
            status: Prisma.sql`${status}::text`,
            content: Prisma.sql`${content}::text`,
            model: Prisma.sql`${model}::text`,
            error: Prisma.sql`${error && JSON.stringify(error)}::jsonb`,
            usage: Prisma.sql`job.usage`,
            finishedAt: Prisma.sql`job.finished_at`,
          },
          Prisma.sql`job`,
          Prisma.sql`p.id = job.id`,
        )})`,
      columns: writtenPrivately,
    };
  },

  requeue(soFar) {
    return {
      ctes: Prisma.sql`
        receipt as (${insertReceipt(soFar.receipt)}),
        written as (${changePrivateReplies(
          {
            status: Prisma.sql`outcome.status`,
            usage: Prisma.sql`job.usage`,
            finishedAt: Prisma.sql`job.finished_at`,
            content: Prisma.sql`case when outcome.status = 'stopped' or ${soFar.waiting !== undefined} then ${soFar.content}::text else '' end`,
            ...(soFar.waiting && { tools: Prisma.sql`${JSON.stringify(soFar.waiting)}::jsonb` }),
            model: Prisma.sql`case when job.state = 'done' then ${soFar.model}::text end`,
          },
          Prisma.sql`job cross join lateral (select ${outcomeOfJob} as status) outcome`,
          Prisma.sql`p.id = job.id`,
        )})`,
      columns: writtenPrivately,
    };
  },

  steps(tools) {
    return {
      ctes: Prisma.sql`
        written as (${changePrivateReplies({ tools: Prisma.sql`${JSON.stringify(tools)}::jsonb` }, Prisma.sql`job`, Prisma.sql`p.id = job.id`)})`,
      columns: writtenPrivately,
    };
  },

  announce: tellAsker,
};

export const privateReplyJobs = new JobLife(privateReplySink);

/** The end of a private reply that no attempt can write: failed, or stopped if there is no error code. */
function over(code: ReplyErrorCode | null): PrivateEnd {
  return {
    status: code ? 'failed' : 'stopped',
    content: '',
    model: null,
    usage: null,
    error: code && { code, message: replyErrors[code] },
  };
}

/** Tells the asker, on all their connections, unless they put the reply away. @returns the view */
export function tellAsker(deps: Pick<CoreDeps, 'bus' | 'log'>, { userId, dismissed, reply: row }: WrittenPrivateReply): PrivateReply {
  const reply = privateReplyView(row);
  if (!dismissed) publishInbox(deps, userId, { type: 'privateReply', reply });
  return reply;
}
