import type { Usage } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { instantNow } from '../protocol/instant.js';
import { changeMessages } from '../protocol/message-statements.js';
import { addAiUsage } from '../jobs/ai-budget.js';
import type { ReplyFence } from '../jobs/claimed-reply.js';
import { announceReply, fromNow, lockMessageThenNumber, type WrittenReply } from '../protocol/reply-statement.js';

export interface Retry {
  /** Shown in the room if this was the last try. */
  error: { code: string; message: string };
  /** False where the attempt is not to blame, such as a rate limit that says when to come back. */
  countsAsTry: boolean;
  /** Nobody claims it sooner. */
  delayMs: number;
  /** It fails for good when this many attempts in a row ended badly. */
  maxTries: number;
}

/** What an attempt had come to when it was given up. */
export interface AttemptSoFar {
  /** Kept where someone had asked to stop; another attempt starts without it. */
  content: string;
  model: string | null;
  /** Counts towards the asker's tokens of the day, unless it was handed back to be written again: then others are to blame. */
  usage: Usage | null;
}

/** {@link Retry}, or {@link handingBack}. */
export type GiveUp = Omit<Retry, 'error'> & { error: Retry['error'] | null };

/** The attempt is given back unharmed, for another worker to start at once. */
export const handingBack: GiveUp = { error: null, countsAsTry: false, delayMs: 0, maxTries: 0 };

export const nothingSoFar: AttemptSoFar = { content: '', model: null, usage: null };

/** `stopped` when someone had asked for that meanwhile; `fenced` when another attempt or an end came first: nothing was written. */
export type RequeueOutcome = 'requeued' | 'failed' | 'stopped' | 'fenced';

/** Gives an attempt up, to be tried again later, or for good when its tries are used up. */
export function retryReply(deps: CoreDeps, claim: ReplyFence, retry: Retry, soFar = nothingSoFar): Promise<RequeueOutcome> {
  return requeue(deps, claim, retry, soFar);
}

/** Gives an attempt back unharmed, for another worker to start at once: this process is stopping. Tries are left as they are. */
export function handBackReply(deps: CoreDeps, claim: ReplyFence, soFar = nothingSoFar): Promise<RequeueOutcome> {
  return requeue(deps, claim, handingBack, soFar);
}

async function requeue(
  deps: CoreDeps,
  claim: ReplyFence,
  { error, countsAsTry, delayMs, maxTries }: GiveUp,
  soFar: AttemptSoFar,
): Promise<RequeueOutcome> {
  const usage = soFar.usage && JSON.stringify(soFar.usage);
  const [row] = await deps.db.$queryRaw<WrittenReply[]>(Prisma.sql`
    with job as (
      update reply_jobs j set lease_owner = null, lease_until = null, available_at = ${fromNow(delayMs)},
        tries = j.tries + ${countsAsTry ? 1 : 0}::int, (state, finished_at, usage) = (
          select case when over then 'done' else 'queued' end, case when over then clock_timestamp() end,
            case when over then ${usage}::jsonb end
          from (select j.stop_requested_at is not null or (${countsAsTry}::boolean and j.tries + 1 >= ${maxTries}::int) as over) decided
        )
      where j.message_id = ${claim.messageId}::uuid and j.attempt = ${claim.attempt}::int and j.state = 'streaming'
      returning j.message_id, j.room_id, j.state, j.asked_by, j.stop_requested_at, j.stop_requested_by, j.correlation_id
    ),
    ${lockMessageThenNumber()},
    given_up as (${changeMessages({
      set: {
        status: Prisma.sql`outcome.status`,
        content: Prisma.sql`case outcome.status when 'stopped' then ${soFar.content}::text else '' end`,
        error: Prisma.sql`case outcome.status when 'failed' then ${error && JSON.stringify(error)}::jsonb end`,
        reply: Prisma.sql`m.reply || jsonb_build_object('stoppedBy', job.stop_requested_by,
          'finishedAt', case when job.state = 'done' then ${instantNow} end,
          'usage', case when job.state = 'done' then ${usage}::jsonb end,
          'model', case when job.state = 'done' then coalesce(to_jsonb(${soFar.model}::text), m.reply -> 'model') else m.reply -> 'model' end)`,
      },
      from: Prisma.sql`job cross join lateral (
        select case when job.state = 'queued' then 'queued' when job.stop_requested_at is null then 'failed' else 'stopped' end as status
      ) outcome`,
      id: Prisma.sql`job.message_id`,
    })}),
    spent as (${addAiUsage(
      soFar.usage,
      Prisma.sql`select job.asked_by from job, given_up where ${countsAsTry}::boolean or job.state = 'done'`,
    )})
    select given_up.json as message, counter.last_seq as seq, counter.last_rev as rev, job.correlation_id as "correlationId" from given_up, counter, job`);
  if (!row) return 'fenced';
  const { id, status } = announceReply(deps, row);
  if (status === 'failed' || status === 'stopped') return status;
  if (delayMs <= 0) void deps.bus.jobs.enqueue(id);
  return 'requeued';
}
