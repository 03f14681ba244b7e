import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { privateJobId } from '../messages/private-job-id.js';
import { privateReplyJson } from '../messages/private-reply-view.js';
import type { ReplyFence } from './claimed-reply.js';
import { tellAsker, type WrittenPrivateReply } from './private-reply-statement.js';
import { fromNow } from './reply-statement.js';
import type { RequeueOutcome, Retry } from './requeue-reply.js';

/** Gives an attempt at a private reply up, to be tried again later, or for good when its tries are used up. */
export function retryPrivateReply(deps: CoreDeps, claim: ReplyFence, retry: Retry): Promise<RequeueOutcome> {
  return requeue(deps, claim, retry);
}

/** Gives an attempt back unharmed, for another worker to start at once: this process is stopping. Tries are left as they are. */
export function handBackPrivateReply(deps: CoreDeps, claim: ReplyFence): Promise<RequeueOutcome> {
  return requeue(deps, claim, { error: null, countsAsTry: false, delayMs: 0, maxTries: 0 });
}

async function requeue(
  deps: CoreDeps,
  claim: ReplyFence,
  { error, countsAsTry, delayMs, maxTries }: Omit<Retry, 'error'> & { error: Retry['error'] | null },
): Promise<RequeueOutcome> {
  const [row] = await deps.db.$queryRaw<(WrittenPrivateReply & { status: string })[]>(Prisma.sql`
    update private_replies p set lease_owner = null, lease_until = null, available_at = ${fromNow(delayMs)},
      tries = p.tries + ${countsAsTry ? 1 : 0}::int, (status, error, finished_at) = (
        select outcome.status, case outcome.status when 'failed' then ${error && JSON.stringify(error)}::jsonb end,
          case when outcome.status <> 'queued' then clock_timestamp() end
        from (
          select case when p.stop_requested_at is not null then 'stopped'
            when ${countsAsTry}::boolean and p.tries + 1 >= ${maxTries}::int then 'failed' else 'queued' end as status
        ) outcome
      )
    where p.id = ${claim.messageId}::uuid and p.attempt = ${claim.attempt}::int and p.status = 'streaming'
    returning p.user_id as "userId", p.dismissed_at is not null as dismissed, p.status, ${privateReplyJson('p')} as reply`);
  if (!row) return 'fenced';
  if (row.status === 'stopped' || row.status === 'failed') {
    tellAsker(deps, row);
    return row.status;
  }
  if (delayMs <= 0) void deps.bus.jobs.enqueue(privateJobId(claim.messageId));
  return 'requeued';
}
