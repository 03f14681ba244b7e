import type { JoinedRoom } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { andRoomOfKey } from '../access/key-rooms.js';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { listedMemberships } from '../protocol/joined-rooms.js';
import { mine, roomView } from '../protocol/presenters.js';
import { mineJson, roomJson, type MineRow, type RoomRow } from '../protocol/room-rows.js';

/** The rooms the actor is in, as far as lists show them, each with the part that is the actor's own, ordered by name. One snapshot. */
export async function listJoinedRooms(deps: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'userId' | 'key'>): Promise<JoinedRoom[]> {
  const rows = await deps.db.$queryRaw<{ room: RoomRow; mine: MineRow }[]>(Prisma.sql`
    select ${roomJson('r')} as room, ${mineJson('m', 'c', 'r')} as mine
    from ${listedMemberships(Prisma.sql`${actor.userId}::uuid`, andRoomOfKey(actor, Prisma.sql`own.room_id`))} m
      join rooms r on r.id = m.room_id join room_counters c on c.room_id = m.room_id
    order by lower(r.name), r.id`);
  return rows.map((row) => ({ room: roomView(row.room), mine: mine(row.mine) }));
}
