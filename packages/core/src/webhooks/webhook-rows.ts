import type { WebhookEventName, WebhookView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { toIso, toIsoOrNull, type Instant } from '../protocol/instant.js';
import { userView } from '../protocol/presenters.js';
import { userJson, type UserRow } from '../protocol/room-rows.js';
import { accountOpen } from '../sessions/standing-session.js';

/**
 * Condition on a webhook `h`: it may hear of this room. The room is not archived, and whoever made the webhook is in it, or the bot whose
 * webhook it is, with an account that is open.
 *
 * @param room the room's id, in SQL
 */
export function standsIn(room: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`exists (
    select 1 from room_members held join users u on u.id = held.user_id join rooms heard on heard.id = held.room_id
    where held.room_id = ${room} and held.user_id = coalesce(h.bot_id, h.made_by) and held.left_rev is null and ${accountOpen}
      and heard.archived_at is null)`;
}

export interface WebhookRow {
  id: string;
  roomId: string | null;
  bot: string | null;
  name: string;
  url: string;
  events: WebhookEventName[];
  status: WebhookView['status'];
  madeBy: UserRow;
  createdAt: Instant;
  parkedAt: Instant | null;
  oldSecretUntil: Instant | null;
  waiting: number;
}

/** The statement that reads webhooks `h`, the oldest first. @param which a condition on `h` */
export function selectWebhooks(which: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    select h.id, h.room_id as "roomId", bot.username as bot, h.name, h.url, h.events, h.created_at as "createdAt", h.parked_at as "parkedAt",
      case when h.old_secret_until > now() then h.old_secret_until end as "oldSecretUntil", ${userJson('maker')} as "madeBy",
      case when h.active then case when stands.yes then 'active' else 'stopped' end when h.parked_at is not null then 'parked' else 'off' end as status,
      (select coalesce(sum(l.queued - l.sent), 0)::int from webhook_lanes l where l.hook_id = h.id) as waiting
    from webhooks h join users maker on maker.id = h.made_by left join users bot on bot.id = h.bot_id
      cross join lateral (
        select case when h.room_id is null then exists (select 1 from users u where u.id = h.bot_id and ${accountOpen})
          else ${standsIn(Prisma.sql`h.room_id`)} end as yes
      ) stands
    where ${which}
    order by h.created_at, h.id`;
}

export function webhookView(row: WebhookRow): WebhookView {
  return {
    id: row.id,
    roomId: row.roomId,
    bot: row.bot,
    name: row.name,
    url: row.url,
    events: row.events,
    status: row.status,
    madeBy: userView(row.madeBy),
    createdAt: toIso(row.createdAt),
    parkedAt: toIsoOrNull(row.parkedAt),
    oldSecretUntil: toIsoOrNull(row.oldSecretUntil),
    waiting: row.waiting,
  };
}
