import { maxKeptDeliveries } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { firstId, type SweepStep } from '../protocol/sweep-step.js';
import { layLanes } from './lanes.js';
import { insertLaneJobs, madeWebhookJobs, wakeWebhooks, webhookKind } from './raise-events.js';

/** Webhooks that one step of {@link sweepWebhooks} looks at. */
const stepWebhooks = 20;
/** Deliveries that one step deletes at most; what is left goes with the next sweep. */
const stepDeliveries = 2_000;

/**
 * One step of the sweep that deletes deliveries that are done with, but for the last ones of each webhook. The first step mends what calls at the same moment may have
 * left: it lays lanes that a bot's webhook misses, makes the job of a lane that has none and waits, and deletes what a removed webhook left behind.
 *
 * @param after the id that the step before returned as `next`; null to begin
 */
export async function sweepWebhooks(deps: CoreDeps, after: string | null): Promise<SweepStep> {
  if (after === null) await mend(deps);
  const [row] = await deps.db.$queryRaw<{ deleted: number; last: string | null; looked: number }[]>(Prisma.sql`
    with looked as (select h.id from webhooks h where h.id > ${after ?? firstId}::uuid order by h.id limit ${stepWebhooks}::int),
    kept as (
      select looked.id as hook_id, (
        select d.created_at from webhook_deliveries d where d.hook_id = looked.id
        order by d.created_at desc, d.n desc offset ${maxKeptDeliveries - 1}::int limit 1
      ) as since
      from looked
    ),
    picked as (
      select d.id from kept join webhook_deliveries d on d.hook_id = kept.hook_id
      where d.created_at < kept.since and d.state <> 'waiting'
      limit ${stepDeliveries}::int
      for update of d skip locked
    ),
    gone as (delete from webhook_deliveries d where d.id = any(array(select id from picked)) returning d.id)
    select (select count(*)::int from gone) as deleted, (select id from looked order by id desc limit 1) as last,
      (select count(*)::int from looked) as looked`);
  const { deleted, last, looked } = row!;
  return { deleted, next: looked < stepWebhooks ? null : last };
}

async function mend(deps: CoreDeps): Promise<void> {
  await layLanes(deps, null);
  const [row] = await deps.db.$queryRaw<{ jobs: string[] | null }[]>(Prisma.sql`
    with hook_lane as (
      select l.hook_id, l.room_id, l.sent, h.made_by from webhook_lanes l join webhooks h on h.id = l.hook_id
      where h.active and l.queued > l.sent and not exists (
        select 1 from jobs j
        where j.kind = ${webhookKind} and j.state <> 'done' and j.room_id = l.room_id and j.request ->> 'hookId' = l.hook_id::text
      )
    ),
    hook_job as (${insertLaneJobs(Prisma.sql`hook_lane.sent + 1`, Prisma.sql`hook_lane`)}),
    orphaned as (
      select d.id from webhook_deliveries d where not exists (select 1 from webhooks h where h.id = d.hook_id) limit ${stepDeliveries}::int
    ),
    gone as (delete from webhook_deliveries d using orphaned where d.id = orphaned.id)
    select ${madeWebhookJobs} as jobs`);
  wakeWebhooks(deps, row!.jobs);
}
