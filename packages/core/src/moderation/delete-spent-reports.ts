import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { SweepStep } from '../protocol/sweep-step.js';

/** How long a resolved report is listed, in days. */
const keptDays = 180;
/** How long an open report keeps the text of a message that is deleted, in days. */
const textDays = 30;
/** Reports that one step looks at: a few milliseconds of work. */
const stepRows = 500;

/**
 * One step of the sweep that deletes reports which were resolved long ago, and takes from open ones the text of messages that were deleted long ago.
 * Sweeps of several processes may run at once.
 */
export async function deleteSpentReports({ db }: Pick<CoreDeps, 'db'>): Promise<SweepStep> {
  const deleted = await db.$executeRaw(Prisma.sql`
    delete from reports where id in (
      select report.id from reports report
      where report.outcome is not null and report.resolved_at < now() - ${keptDays}::int * interval '1 day'
      limit ${stepRows}::int for update skip locked
    )`);
  await db.$executeRaw(Prisma.sql`
    update reports set content = null where id in (
      select report.id from reports report join messages m on m.id = report.message_id
      where report.outcome is null and report.content is not null and m.deleted_at < now() - ${textDays}::int * interval '1 day'
      limit ${stepRows}::int for update of report skip locked
    )`);
  return { deleted, next: deleted < stepRows ? null : 'more' };
}
