import { AppError, type Usage } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { held, type JobFence } from './job.js';

const today = Prisma.sql`(clock_timestamp() at time zone 'utc')::date`;

/**
 * Refuses if a person, or the owner of a bot, has used up the tokens that paid models may cost them in a day (UTC, by the database's clock). Calls under way
 * count by their estimate. Replies that cost nothing (the built-in model) are not counted, and the worker does not check for them.
 *
 * @param limit tokens a day; 0 for no limit
 * @throws AppError AI_BUDGET_EXCEEDED with `retryAfterMs` until midnight UTC
 */
export async function checkAiBudget({ db }: Pick<CoreDeps, 'db'>, userId: string, limit: number): Promise<void> {
  if (limit === 0) return;
  const [spent] = await db.$queryRaw<{ retryAfterMs: number }[]>(Prisma.sql`
    select ceil(extract(epoch from (now.day + interval '1 day' - now.utc)) * 1000)::int as "retryAfterMs"
    from (select clock_timestamp() at time zone 'utc' as utc, ${today} as day) now
      join ai_usage on ai_usage.user_id = coalesce(${ownerOf(Prisma.sql`${userId}::uuid`)}, ${userId}::uuid) and ai_usage.day = now.day
    where ai_usage.tokens >= ${limit}::bigint`);
  if (spent) throw new AppError('AI_BUDGET_EXCEEDED', undefined, { retryAfterMs: Math.max(1, spent.retryAfterMs) });
}

/** `refused`: the payer's tokens of the day are used up. `fenced`: the attempt is over. Neither counts anything. */
export type Reservation = 'reserved' | 'refused' | 'fenced';

/**
 * Counts the estimate of a call, just before an attempt opens it, for whoever pays for the job. So a call is counted even if this process
 * dies in it, and calls at the same moment cannot pass the limit together by more than their estimates. The attempt's end settles what
 * the calls cost in truth; if an attempt has no end, its estimates stay counted.
 *
 * @param limit tokens a day; 0 for no limit
 */
export async function reserveAiTokens({ db }: Pick<CoreDeps, 'db'>, fence: JobFence, tokens: number, limit: number): Promise<Reservation> {
  const within = Prisma.sql`(${limit}::bigint = 0 or ai_usage.tokens < ${limit}::bigint)`;
  const [row] = await db.$queryRaw<{ outcome: Reservation }[]>(Prisma.sql`
    with job as (
      select j.id, ${payer('j')} as payer, ${today} as day from jobs j where ${held(fence)} for no key update of j
    ),
    spent as (
      insert into ai_usage (user_id, day, tokens) select job.payer, job.day, ${tokens}::bigint from job
      on conflict (user_id, day) do update set tokens = ai_usage.tokens + excluded.tokens where ${within}
      returning user_id
    ),
    reserved as (
      update jobs j set reserved_tokens = j.reserved_tokens + ${tokens}::int, reserved_on = job.day
      from job cross join spent where j.id = job.id
      returning j.id
    )
    select case when exists (select 1 from reserved) then 'reserved' when exists (select 1 from job) then 'refused' else 'fenced' end as outcome`);
  return row!.outcome;
}

/** Who pays for what a bot asks of the AI: its owner. Null for a person. @param userId in SQL */
export function ownerOf(userId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(select maybe_bot.owner_id from users maybe_bot where maybe_bot.id = ${userId})`;
}

/** Whose tokens a job costs, an expression. @param job alias of `jobs`; always a literal */
export function payer(job: 'j' | 'job'): Prisma.Sql {
  return Prisma.raw(`coalesce(${job}.paid_by, ${job}.asked_by)`);
}

/**
 * The body of a CTE that counts what an attempt cost for whoever pays for its job, beyond what its calls had counted before. Null: it is
 * not known, so the estimates stay.
 *
 * @param from sources with `job`, a row of `jobs` as it was during the attempt; no row if nothing is to be counted
 */
export function settleAiUsage(usage: Usage | null, from: Prisma.Sql): Prisma.Sql {
  const tokens = usage && usage.inputTokens + usage.outputTokens;
  return Prisma.sql`
    with cost as (
      select ${payer('job')} as payer, coalesce(job.reserved_on, ${today}) as day, ${tokens}::bigint - job.reserved_tokens as more from ${from}
    )
    insert into ai_usage (user_id, day, tokens)
    select cost.payer, cost.day, greatest(0, cost.more) from cost where cost.more <> 0
    on conflict (user_id, day) do update set tokens = greatest(0, ai_usage.tokens + (select cost.more from cost))`;
}
