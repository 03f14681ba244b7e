import { maxUsageDays } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { SweepStep } from '../protocol/sweep-step.js';

/** Rows that one step deletes of each table: a few milliseconds of work. */
const stepRows = 500;

/**
 * How long a counter is kept after its day or month is over, in days. Limits read none but the present ones; a call counts in those of the day on
 * which it began, and the longest that one waits, for leave to use a tool, is a day.
 */
const counterDays = 7;

/** What reports show, and the day that begins while one is asked for. */
const reportDays = maxUsageDays + 1;

const today = Prisma.sql`(clock_timestamp() at time zone 'utc')::date`;

/**
 * One step of the sweep that deletes what was used long ago: counters that no limit is held against any more, and days that no report shows.
 * Sweeps of several processes may run at once.
 */
export async function deleteSpentUsage({ db }: Pick<CoreDeps, 'db'>): Promise<SweepStep> {
  const [row] = await db.$queryRaw<{ counters: number; before: number; days: number }[]>(Prisma.sql`
    with old_counters as (
      select c.scope, c.id, c.span, c.day from usage_counters c
      where c.day < ${today} - ${counterDays}::int
        and c.day + case c.span when 'day' then interval '1 day' else interval '1 month' end <= ${today} - ${counterDays}::int
      limit ${stepRows}::int for update skip locked
    ),
    counters as (
      delete from usage_counters c using old_counters o where c.scope = o.scope and c.id = o.id and c.span = o.span and c.day = o.day returning 1 as one
    ),
    old_before as (
      select a.user_id, a.day from ai_usage a where a.day < ${today} - ${counterDays}::int limit ${stepRows}::int for update skip locked
    ),
    before as (delete from ai_usage a using old_before o where a.user_id = o.user_id and a.day = o.day returning 1 as one),
    old_days as (
      select d.day, d.user_id, d.room_id, d.character_id, d.model from usage_days d
      where d.day <= ${today} - ${reportDays}::int limit ${stepRows}::int for update skip locked
    ),
    days as (
      delete from usage_days d using old_days o
      where d.day = o.day and d.user_id = o.user_id and d.room_id = o.room_id and d.character_id = o.character_id and d.model = o.model
      returning 1 as one
    )
    select (select count(*)::int from counters) as counters, (select count(*)::int from before) as before, (select count(*)::int from days) as days`);
  const { counters, before, days } = row!;
  // What is old is found by its day, so every step begins at the oldest; it is over once no table gave a full step.
  return { deleted: counters + before + days, next: Math.max(counters, before, days) < stepRows ? null : 'more' };
}
