import { maxCatchUpRooms, type ReplyRequest } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { andRoomOfKey } from '../access/key-rooms.js';
import { isOnlyHidden, isTellable } from '../memory/load-conversation.js';
import { maxCountedUnread } from '../memory/load-unread.js';
import { listedMemberships } from '../protocol/joined-rooms.js';
import type { Actor } from '../sessions/actor.js';

export type RoomsScope = Extract<ReplyRequest['scope'], { kind: 'rooms' }>;

/**
 * An expression for what a catch-up of the actor reads: of the rooms that their list shows and their key reaches those with something
 * unread that models may be told, each from where the actor had read to. Muted rooms and those whose AI is paused are left out; if there
 * are too many, those that mention the actor come first, then those with the newest messages.
 */
function unreadRooms(actor: Pick<Actor, 'userId' | 'key'>): Prisma.Sql {
  return Prisma.sql`(
    select jsonb_build_object('kind', 'rooms',
      'rooms', coalesce(
        jsonb_agg(jsonb_build_object('roomId', u.room_id, 'sinceSeq', u.last_read_seq, 'upToSeq', u.last_seq) order by u.place)
          filter (where not u.muted and not u.paused and u.place <= ${maxCatchUpRooms}::int),
        '[]'),
      'leftOut', jsonb_build_object('muted', count(*) filter (where u.muted), 'paused', count(*) filter (where u.paused and not u.muted),
        'more', count(*) filter (where not u.muted and not u.paused and u.place > ${maxCatchUpRooms}::int)))
    from (
      select o.room_id, o.last_read_seq, o.muted, c.last_seq, r.ai_paused_at is not null as paused,
        row_number() over (partition by o.muted or r.ai_paused_at is not null order by exists (
          select 1 from room_mentions n where n.user_id = o.user_id and n.room_id = o.room_id and n.seq > o.last_read_seq
        ) desc, newest.created_at desc, o.room_id) as place
      from ${listedMemberships(Prisma.sql`${actor.userId}::uuid`, andRoomOfKey(actor, Prisma.sql`own.room_id`))} o
      join rooms r on r.id = o.room_id and r.archived_at is null
      join room_counters c on c.room_id = o.room_id and c.last_seq > o.last_read_seq
      cross join lateral (
        select m.created_at from messages m
        where m.room_id = o.room_id and m.seq > o.last_read_seq and m.author_id is distinct from o.user_id and ${isTellable}
        order by m.seq desc limit 1
      ) newest
    ) u
  )`;
}

/** {@link unreadRooms} as it is now. */
export async function loadUnreadRooms({ db }: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'userId' | 'key'>): Promise<RoomsScope> {
  const [row] = await db.$queryRaw<{ scope: RoomsScope }[]>(Prisma.sql`select ${unreadRooms(actor)} as scope`);
  return row!.scope;
}

/** How many unread messages of others are hidden from AI, in the rooms that a catch-up of the actor reads, up to {@link maxCountedUnread} of each. */
export async function countHiddenUnread({ db }: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'userId' | 'key'>): Promise<number> {
  const [row] = await db.$queryRaw<{ count: number }[]>(Prisma.sql`
    select coalesce(sum(unread.count), 0)::int as count
    from ${listedMemberships(Prisma.sql`${actor.userId}::uuid`, andRoomOfKey(actor, Prisma.sql`own.room_id`))} o
    join rooms r on r.id = o.room_id and r.archived_at is null and r.ai_paused_at is null
    join room_counters c on c.room_id = o.room_id and c.last_seq > o.last_read_seq
    cross join lateral (
      select count(*) from (
        select 1 from messages m
        where m.room_id = o.room_id and m.seq > o.last_read_seq and m.author_id is distinct from o.user_id and ${isOnlyHidden}
        limit ${maxCountedUnread}::int
      ) kept
    ) unread
    where not o.muted`);
  return row!.count;
}

/** An expression for a `request`, as `sinceLastRead` is: one that asks for what is unread in all rooms gets it filled in. */
export function withUnreadRooms(request: ReplyRequest | null, expression: Prisma.Sql, actor: Pick<Actor, 'userId' | 'key'>): Prisma.Sql {
  return request?.scope?.kind === 'rooms' ? Prisma.sql`jsonb_set(${expression}, '{scope}', ${unreadRooms(actor)})` : expression;
}
