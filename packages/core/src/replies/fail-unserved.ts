import { replyErrors } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { agentKinds } from '../jobs/agent-kinds.js';
import type { Claimant } from '../jobs/job.js';
import { agentPrivateReplyJobs, agentReplyJobs } from './agent-jobs.js';

const kinds = Prisma.sql`${Object.values(agentKinds)}::text[]`;

/**
 * Fails the answers that wait for an agent longer than `waitMs`, or that an agent left so long ago, while none writes another answer of
 * the character. Sweeps of several processes may run at once.
 *
 * @returns how many failed
 */
export async function failUnserved(deps: CoreDeps, { claimant, waitMs }: { claimant: Claimant; waitMs: number }): Promise<number> {
  const unserved = Prisma.sql`
    and coalesce(j.lease_until, j.available_at) <= clock_timestamp() - ${waitMs}::float8 * interval '1 millisecond'
    and not exists (
      select 1 from jobs serving
      where serving.character_id = j.character_id and serving.kind = any(${kinds}) and serving.state = 'streaming'
        and serving.lease_until > clock_timestamp()
    )`;
  const error = { code: 'AGENT_AWAY', message: replyErrors.AGENT_AWAY };
  let failed = 0;
  for (const life of [agentReplyJobs, agentPrivateReplyJobs]) {
    for (let claim = await life.claimWhere(deps, claimant, unserved); claim; claim = await life.claimWhere(deps, claimant, unserved)) {
      const status = claim.stopRequested ? ('stopped' as const) : ('failed' as const);
      const end = { status, content: '', model: null, usage: null, error: claim.stopRequested ? null : error, stoppedBy: null };
      if (await life.end(deps, claim, end)) failed++;
    }
  }
  return failed;
}

/** Of these characters, those with an answer that an agent may claim now. */
export async function waitingForAgents({ db }: Pick<CoreDeps, 'db'>, characterIds: readonly string[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>(Prisma.sql`
    select distinct j.character_id as id from jobs j
    where j.kind = any(${kinds}) and j.state <> 'done' and j.character_id = any(${[...characterIds]}::uuid[]) and j.available_at <= now()
      and (j.state = 'queued' or j.lease_until <= now())`);
  return rows.map(({ id }) => id);
}
