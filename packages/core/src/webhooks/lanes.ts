import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { setHooked } from '../protocol/counter-statements.js';

/**
 * The webhooks of a bot hear of the rooms that have a lane for them. It is laid by the statement by which the bot joins, or by which the room is
 * made with the bot in it; a webhook that is made at that moment may be missed: {@link layLanes} lays those.
 */

/** Condition: a person is a bot that has webhooks. @param userId in SQL */
export function botIsHooked(userId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`exists (select 1 from webhooks h where h.bot_id = ${userId})`;
}

/** Condition: one of these people is a bot that has webhooks. @param people CTE with their `id` */
export function oneIsHooked(people: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`exists (select 1 from ${people} hooked join webhooks h on h.bot_id = hooked.id)`;
}

/**
 * CTE `laid` that lays the lanes of bots that enter a room, and yields those that are new.
 *
 * @param member CTE with rows of `room_members`, of bots or of people
 * @param queued how many events the same statement puts on their way in the lane of a webhook `h`, in SQL. @default none
 */
export function lanesOfBot(member: Prisma.Sql, queued: Prisma.Sql = Prisma.sql`0`): Prisma.Sql {
  return Prisma.sql`
    laid as (
      insert into webhook_lanes (hook_id, room_id, queued)
      select h.id, member.room_id, ${queued} from ${member} member join webhooks h on h.bot_id = member.user_id
      on conflict do nothing
      returning hook_id, room_id, queued
    )`;
}

/** Lays the lanes that are missing. @param webhookId of which webhook; null for all */
export async function layLanes({ db }: Pick<CoreDeps, 'db'>, webhookId: string | null): Promise<void> {
  const only = webhookId === null ? Prisma.empty : Prisma.sql`and h.id = ${webhookId}::uuid`;
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
