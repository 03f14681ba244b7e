import type { MessageView, Usage } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { instantNow } from '../protocol/instant.js';
import { messageView, type MessageRow } from '../protocol/message-rows.js';
import { changeMessages } from '../protocol/message-statements.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { addAiUsage } from '../jobs/ai-budget.js';
import { calledCount, calledRows, calledTable, type CallsFromReply } from './calls-from-reply.js';
import type { ReplyFence } from '../jobs/claimed-reply.js';
import { lockMessageThenNumber, type WrittenReply } from '../protocol/reply-statement.js';

/** How an attempt ended. */
export interface ReplyEnd {
  status: 'complete' | 'stopped' | 'failed';
  /** The whole text, exactly the deltas joined: well-formed Unicode without U+0000. */
  content: string;
  /** `provider:model` that wrote it; null keeps what is known. */
  model: string | null;
  usage: Usage | null;
  error: { code: string; message: string } | null;
  /** User id; null for a stopped reply takes whoever asked for the stop. */
  stoppedBy: string | null;
}

/**
 * Writes the end of an attempt: the message, its job, the asker's tokens of the day, and whom it calls, in one statement, so that none
 * of it is without the rest. The first end wins.
 *
 * @param calls of {@link callsFromReply}; null calls nobody
 * @returns the message as the room was told, or null when another attempt or another end came first and nothing was written.
 */
export async function finishReply(
  deps: CoreDeps,
  claim: ReplyFence,
  end: ReplyEnd,
  calls: CallsFromReply | null = null,
): Promise<MessageView | null> {
  const usage = end.usage && JSON.stringify(end.usage);
  const count = calls ? calledCount : 0;
  const [row] = await deps.db.$queryRaw<(WrittenReply & { replies: MessageRow[] | null })[]>(Prisma.sql`
    with job as (
      update reply_jobs j set state = 'done', lease_owner = null, lease_until = null, finished_at = clock_timestamp(), usage = ${usage}::jsonb
      where j.message_id = ${claim.messageId}::uuid and j.attempt = ${claim.attempt}::int and j.state = 'streaming'
      returning j.message_id, j.room_id, j.asked_by, j.stop_requested_by, j.correlation_id
    ),
    ${calls ? Prisma.sql`${calledTable(calls)},` : Prisma.empty}
    ${lockMessageThenNumber({ added: count })},
    ended as (${changeMessages({
      set: {
        status: Prisma.sql`${end.status}::text`,
        content: Prisma.sql`${end.content}::text`,
        error: Prisma.sql`${end.error && JSON.stringify(end.error)}::jsonb`,
        reply: Prisma.sql`m.reply || jsonb_build_object('finishedAt', ${instantNow}, 'usage', ${usage}::jsonb,
          'model', coalesce(to_jsonb(${end.model}::text), m.reply -> 'model'),
          'stoppedBy', case when ${end.status}::text = 'stopped' then coalesce(${end.stoppedBy}::uuid, job.stop_requested_by) end)`,
      },
      from: Prisma.sql`job`,
      id: Prisma.sql`job.message_id`,
      after: count,
    })}),
    ${calls ? Prisma.sql`${calledRows(calls)},` : Prisma.empty}
    -- After the counter: two replies to one person may end at once, in one room or in two.
    spent as (${addAiUsage(end.usage, Prisma.sql`select job.asked_by from job, ended`)})
    select ended.json as message, ${calls ? Prisma.sql`(select json_agg(answers.json order by answers.seq) from answers)` : Prisma.sql`null::json`} as replies,
      counter.last_seq as seq, counter.last_rev as rev, job.correlation_id as "correlationId" from ended, counter, job`);
  if (row) return announce(deps, row);
  if (end.usage) await countTokensOfDeleted(deps, claim, end.usage);
  return null;
}

function announce(deps: CoreDeps, row: WrittenReply & { replies: MessageRow[] | null }): MessageView {
  const message = messageView(row.message);
  const replies = (row.replies ?? []).map(messageView);
  const events = [message, ...replies].map((each) => ({ type: 'message' as const, rev: each.rev, message: each }));
  publishRoomEvents(deps, message.roomId, events, { seq: row.seq, rev: row.rev }, row.correlationId ?? undefined);
  // May be lost, as after any message: the sweep finds jobs.
  for (const { id } of replies) void deps.bus.jobs.enqueue(id);
  return message;
}

/** A reply that was deleted while it was written ended there and then, but what its attempt used is still used. */
async function countTokensOfDeleted({ db }: CoreDeps, claim: ReplyFence, usage: Usage): Promise<void> {
  await db.$executeRaw(Prisma.sql`
    with job as (
      update reply_jobs j set usage = ${JSON.stringify(usage)}::jsonb
      from messages m
      where j.message_id = ${claim.messageId}::uuid and j.attempt = ${claim.attempt}::int and j.state = 'done' and j.usage is null
        and m.id = j.message_id and m.deleted_at is not null
      returning j.asked_by
    )
    ${addAiUsage(usage, Prisma.sql`select job.asked_by from job`)}`);
}
