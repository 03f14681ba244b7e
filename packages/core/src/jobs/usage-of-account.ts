import type { OwnUsage } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { noId } from './ai-budget.js';

/**
 * CTEs that take a person out of what was used: it stays in the sums of rooms, characters and the instance, as nobody's. Their counters stay until they are
 * spent, so that ending an account gives nothing back; the limits that were set for them go.
 *
 * @param from yields one row at most @param userId an expression over it
 */
export function forgetUsage(from: Prisma.Sql, userId: Prisma.Sql): Prisma.Sql {
  const sums = ['calls', 'input_tokens', 'cached_tokens', 'output_tokens', 'cost', 'unpriced'];
  const add = Prisma.raw(sums.map((sum) => `${sum} = d.${sum} + excluded.${sum}`).join(', '));
  const names = Prisma.raw(sums.join(', '));
  return Prisma.sql`
    unlimited as (delete from usage_limits l using ${from} where l.scope = 'person' and l.id = ${userId} returning l.id),
    used as (delete from usage_days d using ${from} where d.user_id = ${userId} returning d.*),
    used_by_nobody as (
      insert into usage_days as d (day, user_id, room_id, character_id, model, ${names})
      select day, ${noId}::uuid, room_id, character_id, model, ${names} from used order by day, room_id, character_id, model
      on conflict (day, user_id, room_id, character_id, model) do update set ${add}
      returning 1 as one
    )`;
}

/** Rows that one statement reads. */
const pageRows = 200;

/** What is kept of a person's use, for that person, by pages; the oldest first. */
export async function* listOwnUsage({ db }: Pick<CoreDeps, 'db'>, { userId }: Pick<Actor, 'userId'>): AsyncGenerator<OwnUsage[], void> {
  for (let last: OwnUsage | undefined; ;) {
    const after = last
      ? Prisma.sql`and (d.day, d.room_id, d.character_id, d.model)
          > (${last.day}::date, ${last.roomId ?? noId}::uuid, ${last.characterId ?? noId}::uuid, ${last.model}::text)`
      : Prisma.empty;
    const page: OwnUsage[] = await db.$queryRaw(Prisma.sql`
      select to_char(d.day, 'YYYY-MM-DD') as day, nullif(d.room_id, ${noId}::uuid) as "roomId", nullif(d.character_id, ${noId}::uuid) as "characterId",
        d.model, d.calls, d.input_tokens::float8 as "inputTokens", d.cached_tokens::float8 as "cachedTokens",
        d.output_tokens::float8 as "outputTokens", d.cost::float8 as cost, d.unpriced as "unpricedCalls"
      from usage_days d where d.user_id = ${userId}::uuid ${after}
      order by d.day, d.room_id, d.character_id, d.model limit ${pageRows}::int`);
    last = page.at(-1);
    if (!last) return;
    yield page;
  }
}
