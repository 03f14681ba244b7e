import type { HookView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { toIso, toIsoOrNull, type Instant } from '../protocol/instant.js';
import { userView } from '../protocol/presenters.js';
import { userJson, type UserRow } from '../protocol/room-rows.js';
import { accountOpen, openSessions } from '../sessions/standing-session.js';

/**
 * Condition on a hook `k`: it may be used. Its room is not archived, its bot is in the room by a session that stands, and whoever made it
 * is in the room, with an account that is open.
 */
export const hookStands = Prisma.sql`(
  exists (select 1 from ${openSessions} where s.id = k.session_id)
  and exists (select 1 from room_members held where held.room_id = k.room_id and held.user_id = k.bot_id and held.left_rev is null)
  and exists (
    select 1 from room_members held join users u on u.id = held.user_id
    where held.room_id = k.room_id and held.user_id = k.made_by and held.left_rev is null and ${accountOpen})
  and exists (select 1 from rooms written where written.id = k.room_id and written.archived_at is null))`;

export interface HookRow {
  id: string;
  roomId: string;
  name: string;
  bot: UserRow;
  madeBy: UserRow;
  status: HookView['status'];
  createdAt: Instant;
  lastUsedAt: Instant | null;
}

/** The statement that reads hooks `k`, the oldest first. @param which a condition on `k` */
export function selectHooks(which: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    select k.id, k.room_id as "roomId", k.name, ${userJson('bot')} as bot, ${userJson('maker')} as "madeBy", k.created_at as "createdAt",
      k.last_used_at as "lastUsedAt", case when ${hookStands} then 'active' else 'stopped' end as status
    from hooks k join users bot on bot.id = k.bot_id join users maker on maker.id = k.made_by
    where ${which}
    order by k.created_at, k.id`;
}

export function hookView(row: HookRow): HookView {
  return {
    id: row.id,
    roomId: row.roomId,
    name: row.name,
    bot: userView(row.bot),
    madeBy: userView(row.madeBy),
    status: row.status,
    createdAt: toIso(row.createdAt),
    lastUsedAt: toIsoOrNull(row.lastUsedAt),
  };
}
