import type { JoinedRoom } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { andRoomOfKey } from '../access/key-rooms.js';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { mine, roomView } from '../protocol/presenters.js';
import { mineJson, roomJson, type MineRow, type RoomRow } from '../protocol/room-rows.js';

/** Every room the actor is in, each with the part that is the actor's own, ordered by name. One snapshot. */
export async function listJoinedRooms(deps: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'userId' | 'key'>): Promise<JoinedRoom[]> {
  const rows = await deps.db.$queryRaw<{ room: RoomRow; mine: MineRow }[]>(Prisma.sql`
    select ${roomJson('r')} as room, ${mineJson('m', 'c', 'r')} as mine
    from room_members m join rooms r on r.id = m.room_id join room_counters c on c.room_id = m.room_id
    where m.user_id = ${actor.userId}::uuid and m.left_rev is null ${andRoomOfKey(actor, Prisma.sql`m.room_id`)}
    order by lower(r.name), r.id`);
  return rows.map((row) => ({ room: roomView(row.room), mine: mine(row.mine) }));
}
