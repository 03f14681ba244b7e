import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { firstId, type SweepStep } from '../protocol/sweep-step.js';
import { keptFor } from './kept-answer.js';

/** Rows that one step looks at: a few milliseconds of work. */
const stepRows = 500;

/**
 * One step of the sweep that deletes answers whose day is over. Sweeps of several processes may run at once.
 *
 * @param after the id that the step before returned as `next`; null to begin
 */
export async function deleteSpentAnswers({ db }: Pick<CoreDeps, 'db'>, after: string | null): Promise<SweepStep> {
  const [row] = await db.$queryRaw<{ deleted: number; last: string | null; looked: number }[]>(Prisma.sql`
    with looked as (select k.id from kept_answers k where k.id > ${after ?? firstId}::uuid order by k.id limit ${stepRows}::int),
    picked as (
      select k.id from kept_answers k where k.id = any(array(select id from looked)) and not ${keptFor('k')} for update of k skip locked
    ),
    gone as (delete from kept_answers k where k.id = any(array(select id from picked)) returning k.id)
    select (select count(*)::int from gone) as deleted, (select id from looked order by id desc limit 1) as last,
      (select count(*)::int from looked) as looked`);
  const { deleted, last, looked } = row!;
  return { deleted, next: looked < stepRows ? null : last };
}
