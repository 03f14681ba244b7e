import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { privateJobId } from '../jobs/private-job-id.js';
import { privateReplyJson } from '../protocol/private-reply-view.js';
import { addAiUsage } from '../jobs/ai-budget.js';
import type { ReplyFence } from '../jobs/claimed-reply.js';
import { tellAsker, type WrittenPrivateReply } from './private-reply-statement.js';
import { fromNow } from '../protocol/reply-statement.js';
import { handingBack, nothingSoFar, type AttemptSoFar, type GiveUp, type RequeueOutcome, type Retry } from './requeue-reply.js';

/** Gives an attempt at a private reply up, to be tried again later, or for good when its tries are used up. */
export function retryPrivateReply(deps: CoreDeps, claim: ReplyFence, retry: Retry, soFar = nothingSoFar): Promise<RequeueOutcome> {
  return requeue(deps, claim, retry, soFar);
}

/** Gives an attempt back unharmed, for another worker to start at once: this process is stopping. Tries are left as they are. */
export function handBackPrivateReply(deps: CoreDeps, claim: ReplyFence, soFar = nothingSoFar): Promise<RequeueOutcome> {
  return requeue(deps, claim, handingBack, soFar);
}

async function requeue(
  deps: CoreDeps,
  claim: ReplyFence,
  { error, countsAsTry, delayMs, maxTries }: GiveUp,
  soFar: AttemptSoFar,
): Promise<RequeueOutcome> {
  const usage = soFar.usage && JSON.stringify(soFar.usage);
  const [row] = await deps.db.$queryRaw<(WrittenPrivateReply & { status: string })[]>(Prisma.sql`
    with given_up as (
      update private_replies p set lease_owner = null, lease_until = null, available_at = ${fromNow(delayMs)},
        tries = p.tries + ${countsAsTry ? 1 : 0}::int, (status, error, finished_at, content, model, usage) = (
          select outcome.status, case outcome.status when 'failed' then ${error && JSON.stringify(error)}::jsonb end,
            case when outcome.status <> 'queued' then clock_timestamp() end,
            case outcome.status when 'stopped' then ${soFar.content}::text else '' end,
            case when outcome.status <> 'queued' then ${soFar.model}::text end,
            case when outcome.status <> 'queued' then ${usage}::jsonb end
          from (
            select case when p.stop_requested_at is not null then 'stopped'
              when ${countsAsTry}::boolean and p.tries + 1 >= ${maxTries}::int then 'failed' else 'queued' end as status
          ) outcome
        )
      where p.id = ${claim.messageId}::uuid and p.attempt = ${claim.attempt}::int and p.status = 'streaming'
      returning p.user_id, p.dismissed_at is not null as dismissed, p.status, ${privateReplyJson('p')} as reply
    ),
    spent as (${addAiUsage(
      soFar.usage,
      Prisma.sql`select given_up.user_id from given_up where ${countsAsTry}::boolean or given_up.status <> 'queued'`,
    )})
    select user_id as "userId", dismissed, status, reply from given_up`);
  if (!row) return 'fenced';
  if (row.status === 'stopped' || row.status === 'failed') {
    tellAsker(deps, row);
    return row.status;
  }
  if (delayMs <= 0) void deps.bus.jobs.enqueue(privateJobId(claim.messageId));
  return 'requeued';
}
