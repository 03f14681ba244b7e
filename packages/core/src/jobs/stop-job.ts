import { channels, type StopPayload } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import type { JobKind } from './job.js';
import { endJobs, isLive, stopOrder, stopRequestedBy } from './job-statements.js';

/** What a kind of job adds to the statement by which a person stops a job. */
export interface StopPart {
  kinds: readonly JobKind[];
  /** Further conditions on `jobs j`, which may use `actor`; they begin with `and`. */
  whose?: Prisma.Sql;
  /** A worker is told to stop only if this condition holds. @default true */
  allowed?: Prisma.Sql;
  /** CTEs after `job`, which has the locked job if no worker is doing it. The last is `permitted`, with a row if the job may be ended. */
  permitted: Prisma.Sql;
  /** CTEs after `closed`, which has the job if it was ended. The last is `written`. */
  written: Prisma.Sql;
  /** What the statement selects, from `written`, which may have no row, and {@link joins}. */
  columns: Prisma.Sql;
  joins?: Prisma.Sql;
}

/**
 * Stops a job. A job that waits, or whose worker's lease lapsed, is ended here. If a worker is doing the job, the order goes into the
 * job's row and onto the bus, and the worker ends it. A job that has ended stays as it is.
 *
 * @returns what the kind selects, and the order if a worker was told; undefined if the actor's session has ended
 */
export async function stopJob<Row extends object>(
  deps: Pick<CoreDeps, 'db' | 'bus'>,
  actor: Actor,
  id: string,
  { kinds, whose = Prisma.empty, allowed = Prisma.sql`true`, permitted, written, columns, joins = Prisma.empty }: StopPart,
): Promise<(Row & { told: StopPayload | null }) | undefined> {
  const by = Prisma.sql`${actor.userId}::uuid`;
  const [row] = await deps.db.$queryRaw<(Row & { told: StopPayload | null })[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    found as (
      select j.*, ${isLive} as live from jobs j, actor
      where j.id = ${id}::uuid and j.kind = any(${[...kinds]}::text[]) and j.state <> 'done' ${whose}
      for no key update of j
    ),
    told as (
      update jobs j set ${stopRequestedBy(by)} from found where found.live and j.id = found.id and ${allowed}
      returning ${stopOrder('j')} as json
    ),
    job as (select * from found where not found.live),
    ${permitted},
    closed as (${endJobs(by, Prisma.sql`job, permitted`, Prisma.sql`j.id = job.id`)}),
    ${written}
    select ${columns}, told.json as told
    from actor left join told on true left join written on true ${joins}`);
  if (row?.told) deps.bus.publish(channels.replyStop(id), row.told);
  return row;
}
