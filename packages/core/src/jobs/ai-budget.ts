import { AppError, type Usage } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';

/**
 * Refuses if a person has used up the tokens that paid models may cost them in a day (UTC, by the database's clock). The cost of a reply
 * is counted when the reply ends, so a person can pass the limit by the few replies under way at that moment. Replies that cost nothing
 * (the built-in model) are not counted, and the worker does not check for them.
 *
 * @param limit tokens a day; 0 for no limit
 * @param message of the refusal, when the person checked is not the one who calls
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

/**
 * A statement, or the body of a CTE, that adds usage to a person's tokens of the day (UTC). It writes nothing if no tokens were used.
 *
 * @param spender selects the id of the person, or no row if the usage counts for nobody
 */
export function addAiUsage(usage: Usage | null, spender: Prisma.Sql): Prisma.Sql {
  const tokens = (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0);
  return Prisma.sql`
    insert into ai_usage (user_id, day, tokens)
    select spender.id, (clock_timestamp() at time zone 'utc')::date, ${tokens}::bigint
    from (${spender}) spender (id) where ${tokens}::bigint > 0
    on conflict (user_id, day) do update set tokens = ai_usage.tokens + excluded.tokens`;
}
