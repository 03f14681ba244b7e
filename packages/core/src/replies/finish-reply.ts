import type { MessageView, Usage } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { messageJson } from '../messages/message-view.js';
import type { ReplyFence } from './claimed-reply.js';
import { announceReply, instantNow, lockMessageThenNumber, type WrittenReply } from './reply-statement.js';

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
 * Writes the end of an attempt: the message, its job and the asker's tokens of the day, in one statement. The first end wins.
 *
 * @returns the message as the room was told, or null when another attempt or another end came first and nothing was written.
 */
export async function finishReply(deps: CoreDeps, claim: ReplyFence, end: ReplyEnd): Promise<MessageView | null> {
  const tokens = (end.usage?.inputTokens ?? 0) + (end.usage?.outputTokens ?? 0);
  const usage = end.usage && JSON.stringify(end.usage);
  const [row] = await deps.db.$queryRaw<WrittenReply[]>(Prisma.sql`
    with job as (
      update reply_jobs j set state = 'done', lease_owner = null, lease_until = null, finished_at = clock_timestamp(), usage = ${usage}::jsonb
      where j.message_id = ${claim.messageId}::uuid and j.attempt = ${claim.attempt}::int and j.state = 'streaming'
      returning j.message_id, j.room_id, j.asked_by, j.stop_requested_by, j.correlation_id
    ),
    ${lockMessageThenNumber()},
    ended as (
      update messages m set status = ${end.status}::text, content = ${end.content}::text, rev = counter.last_rev,
        error = ${end.error && JSON.stringify(end.error)}::jsonb,
        reply = m.reply || jsonb_build_object('finishedAt', ${instantNow}, 'usage', ${usage}::jsonb,
          'model', coalesce(to_jsonb(${end.model}::text), m.reply -> 'model'),
          'stoppedBy', case when ${end.status}::text = 'stopped' then coalesce(${end.stoppedBy}::uuid, job.stop_requested_by) end)
      from job, counter where m.id = job.message_id
      returning ${messageJson('m')} as json
    ),
    -- After the counter: two replies to one person may end at once, in one room or in two.
    spent as (
      insert into ai_usage (user_id, day, tokens)
      select job.asked_by, (clock_timestamp() at time zone 'utc')::date, ${tokens}::bigint
      from job, ended where ${tokens}::bigint > 0
      on conflict (user_id, day) do update set tokens = ai_usage.tokens + excluded.tokens
    )
    select ended.json as message, counter.last_seq as seq, counter.last_rev as rev, job.correlation_id as \"correlationId\" from ended, counter, job`);
  if (row) return announceReply(deps, row);
  if (usage !== null && tokens > 0) await countTokensOfDeleted(deps, claim, usage, tokens);
  return null;
}

/** A reply that was deleted while it was written ended there and then, but what its attempt used is still used. */
async function countTokensOfDeleted({ db }: CoreDeps, claim: ReplyFence, usage: string, tokens: number): Promise<void> {
  await db.$executeRaw(Prisma.sql`
    with job as (
      update reply_jobs j set usage = ${usage}::jsonb
      from messages m
      where j.message_id = ${claim.messageId}::uuid and j.attempt = ${claim.attempt}::int and j.state = 'done' and j.usage is null
        and m.id = j.message_id and m.deleted_at is not null
      returning j.asked_by
    )
    insert into ai_usage (user_id, day, tokens)
    select job.asked_by, (clock_timestamp() at time zone 'utc')::date, ${tokens}::bigint from job
    on conflict (user_id, day) do update set tokens = ai_usage.tokens + excluded.tokens`);
}
