import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { setHooked } from '../protocol/counter-statements.js';

/**
 * The webhooks of a bot hear of the rooms that have a lane for them. A bot's joining lays it, in the statement of the join; a webhook that
 * is made at that moment may be missed, and so are rooms that are made with the bot in them: {@link layLanes} lays those.
 */

/** Condition: a person is a bot that has webhooks. @param userId in SQL */
export function botIsHooked(userId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`exists (select 1 from webhooks h where h.bot_id = ${userId})`;
}

/** CTE that lays the lanes of a bot that enters a room. @param member CTE with the bot's row of `room_members`, or with a person's */
export function lanesOfBot(member: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    laid as (
      insert into webhook_lanes (hook_id, room_id) select h.id, member.room_id from ${member} member join webhooks h on h.bot_id = member.user_id
      on conflict do nothing
    )`;
}

/** Lays the lanes that are missing. @param which of one webhook or in one room; null for all */
export async function layLanes({ db }: Pick<CoreDeps, 'db'>, which: { webhookId: string } | { roomId: string } | null): Promise<void> {
  const only =
    which === null
      ? Prisma.empty
      : 'roomId' in which
        ? Prisma.sql`and m.room_id = ${which.roomId}::uuid`
        : Prisma.sql`and h.id = ${which.webhookId}::uuid`;
  await db.$executeRaw(Prisma.sql`
    with missing as (
      select h.id as hook_id, m.room_id from webhooks h join room_members m on m.user_id = h.bot_id and m.left_rev is null
      where not exists (select 1 from webhook_lanes l where l.hook_id = h.id and l.room_id = m.room_id) ${only}
    ),
    locked as (
      select c.room_id from room_counters c where c.room_id in (select room_id from missing) order by c.room_id for no key update of c
    ),
    heard as (${setHooked(Prisma.sql`true`, Prisma.sql`locked`, Prisma.sql`c.room_id = locked.room_id`)})
    insert into webhook_lanes (hook_id, room_id) select missing.hook_id, missing.room_id from missing join heard on heard.room_id = missing.room_id
    on conflict do nothing`);
}

/**
 * CTEs that delete the webhooks of a bot whose account ends, with all that they had. Deliveries and lanes go first, in the order in which an
 * end of a delivery locks them.
 *
 * @param closed CTE with the `id` of the account
 */
export function deleteWebhooksOf(closed: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    unheard as (select h.id from webhooks h join ${closed} on h.bot_id = closed.id),
    undelivered as (delete from webhook_deliveries d using unheard where d.hook_id = unheard.id returning d.id),
    unlaid as (delete from webhook_lanes l using unheard cross join (select count(*) from undelivered) first where l.hook_id = unheard.id returning l.hook_id),
    unhooked as (delete from webhooks h using unheard cross join (select count(*) from unlaid) first where h.id = unheard.id)`;
}
