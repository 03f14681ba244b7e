import { maxBrowsedRooms, type RoomView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { andRoomOfKey } from '../access/key-rooms.js';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { roomView } from '../protocol/presenters.js';
import { roomJson, type RoomRow } from '../protocol/room-rows.js';

/** Public rooms that are not archived, joined or not, the largest first; at most 500. */
export async function listPublicRooms(deps: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'key'>): Promise<RoomView[]> {
  const rows = await deps.db.$queryRaw<{ room: RoomRow }[]>(Prisma.sql`
    select ${roomJson('r')} as room from rooms r
    where r.visibility = 'public' and r.archived_at is null ${andRoomOfKey(actor, Prisma.sql`r.id`)}
    order by r.member_count desc, r.id
    limit ${maxBrowsedRooms}::int`);
  return rows.map((row) => roomView(row.room));
}
