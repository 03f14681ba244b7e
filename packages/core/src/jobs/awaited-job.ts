import { channels } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { JobKind } from './job.js';
import { isLive, stopOrder, stopRequestedBy } from './job-statements.js';

/** Jobs whose result one caller waits for, and nobody else: the row goes with the result, or with the caller. */

/** How an awaited job stands. `busy`: a worker is doing some job, so there are workers, who have no place for this one yet. */
export type AwaitedState<Result> =
  | { kind: 'ended'; result: Result }
  | { kind: 'waiting'; busy: boolean }
  | { kind: 'underWay' }
  | { kind: 'gone' };

/**
 * Looks at a job. If it has ended, takes its result, which is the job's `request` then, and deletes the row.
 *
 * @returns `gone` for a job that there is not, or not any more
 */
export async function lookAtJob<Result>({ db }: Pick<CoreDeps, 'db'>, kind: JobKind, id: string): Promise<AwaitedState<Result>> {
  const [row] = await db.$queryRaw<{ state: string; result: Result | null; busy: boolean }[]>(Prisma.sql`
    with taken as (delete from jobs j where j.id = ${id}::uuid and j.kind = ${kind} and j.state = 'done' returning j.state, j.request)
    select taken.state, taken.request as result, true as busy from taken
    union all
    select j.state, null, exists (
      select 1 from jobs other
      -- What programs from outside do says nothing of workers.
      where other.state = 'streaming' and other.lease_until > clock_timestamp() and not starts_with(other.kind, 'agent_')
    )
    from jobs j where j.id = ${id}::uuid and j.kind = ${kind} and j.state <> 'done'`);
  if (!row) return { kind: 'gone' };
  switch (row.state) {
    case 'done':
      return { kind: 'ended', result: row.result! };
    case 'streaming':
      return { kind: 'underWay' };
    default:
      return { kind: 'waiting', busy: row.busy };
  }
}

/**
 * Gives up a job, because its caller waits no more. A job that nobody is doing is deleted; a worker that is doing it is told to stop, and
 * what it ends with is deleted by the sweep.
 *
 * @param by user id of the caller, who need not be signed in any more
 */
export async function giveUpJob({ db, bus }: Pick<CoreDeps, 'db' | 'bus'>, kind: JobKind, id: string, by: string): Promise<void> {
  const [row] = await db.$queryRaw<{ told: { attempt: number; stoppedBy: string } | null }[]>(Prisma.sql`
    with found as (
      select j.id, ${isLive} as live from jobs j where j.id = ${id}::uuid and j.kind = ${kind} and j.asked_by = ${by}::uuid
      for no key update of j
    ),
    told as (
      update jobs j set ${stopRequestedBy(Prisma.sql`${by}::uuid`)} from found where found.live and j.id = found.id
      returning ${stopOrder('j')} as json
    ),
    gone as (delete from jobs j using found where not found.live and j.id = found.id)
    select told.json as told from found left join told on true`);
  if (row?.told) bus.publish(channels.replyStop(id), row.told);
}
