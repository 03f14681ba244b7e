import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { firstId, type SweepStep } from '../protocol/sweep-step.js';

/** Entries that one step deletes at most: some milliseconds of work. */
const stepEntries = 500;

/**
 * One step of the sweep that deletes entries of the audit log which are older than it is kept. Nothing else deletes any: the table's trigger
 * refuses it. Sweeps of several processes may run at once.
 *
 * @param days how long the log is kept
 */
export async function deleteSpentAudit({ db }: Pick<CoreDeps, 'db'>, { days }: { days: number }): Promise<SweepStep> {
  const deleted = await db.$executeRaw(Prisma.sql`
    with allowed as materialized (select set_config('parley.audit_retention', 'on', true) as on),
    picked as (
      select a.id from audit_log a where a.at <= now() - ${days}::int * interval '1 day' order by a.at limit ${stepEntries}::int
      for update of a skip locked
    )
    delete from audit_log a using allowed where allowed.on = 'on' and a.id in (select id from picked)`);
  return { deleted, next: deleted === stepEntries ? firstId : null };
}
