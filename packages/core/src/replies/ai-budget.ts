import { AppError, type Usage } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';

/**
 * Refuses where someone has used up the tokens that paid models may cost them in a day (UTC, by the database's clock). What is
 * counted is what replies have cost when they end, so one can pass the limit by the replies that were under way at that moment, of
 * which a person has few at once. Replies that cost nothing (the built-in model) are neither counted nor checked by the worker.
 *
 * @param limit tokens a day; 0 for no limit
 * @param message to refuse with, where it is not oneself who is checked
 * @throws AppError AI_BUDGET_EXCEEDED with `retryAfterMs` until midnight UTC
 */
export async function checkAiBudget({ db }: Pick<CoreDeps, 'db'>, userId: string, limit: number, message?: string): Promise<void> {
  if (limit === 0) return;
  const [spent] = await db.$queryRaw<{ retryAfterMs: number }[]>(Prisma.sql`
    select ceil(extract(epoch from (now.day + interval '1 day' - now.utc)) * 1000)::int as "retryAfterMs"
    from (select clock_timestamp() at time zone 'utc' as utc, (clock_timestamp() at time zone 'utc')::date as day) now
      join ai_usage on ai_usage.user_id = ${userId}::uuid and ai_usage.day = now.day
    where ai_usage.tokens >= ${limit}::bigint`);
  if (spent) throw new AppError('AI_BUDGET_EXCEEDED', message, { retryAfterMs: Math.max(1, spent.retryAfterMs) });
}

/** Adds to someone's tokens of the day what was spent beside a reply; a reply's own are counted with its end. */
export async function countAiUsage({ db }: Pick<CoreDeps, 'db'>, userId: string, { inputTokens, outputTokens }: Usage): Promise<void> {
  await db.$executeRaw(Prisma.sql`
    insert into ai_usage (user_id, day, tokens)
    values (${userId}::uuid, (clock_timestamp() at time zone 'utc')::date, ${inputTokens + outputTokens}::bigint)
    on conflict (user_id, day) do update set tokens = ai_usage.tokens + excluded.tokens`);
}
