import { channels } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { isAgentKind } from './agent-kinds.js';
import { wakeUpOf, type JobKind } from './job.js';

/** A job that waits, and what tells whom to wake for it. */
export interface WaitingJob {
  id: string;
  kind: JobKind;
  characterId: string;
}

/** The `WaitingJob`s of a CTE that inserted jobs, as JSON. @param jobs its name; always a literal */
export function waitingJobs(jobs: string): Prisma.Sql {
  return Prisma.raw(`(select json_agg(json_build_object('id', ${jobs}.id, 'kind', ${jobs}.kind, 'characterId', ${jobs}.character_id))
    from ${jobs} where ${jobs}.state = 'queued')`);
}

/**
 * Wakes a worker for jobs that wait, or the agents that serve their characters. If the wake-up is lost, the sweep of whoever does the job
 * finds it.
 */
export function wakeJobs({ bus }: Pick<CoreDeps, 'bus'>, jobs: readonly WaitingJob[] | null): void {
  for (const { id, kind, characterId } of jobs ?? []) {
    if (isAgentKind(kind)) bus.publish(channels.agentWork(characterId), {});
    else void bus.jobs.enqueue(wakeUpOf(kind, id));
  }
}
