import { maxListedInvitations, type RoomInvitation } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { andRoomOfKey } from '../access/key-rooms.js';
import { invited } from '../access/room-invitation.js';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { userView } from '../protocol/presenters.js';
import { userJson, type UserRow } from '../protocol/room-rows.js';

/**
 * The invitations that wait for the actor, the hundred oldest, with no more of each room than its name. One to a room that is archived is left
 * out until the room is opened again. By a key for some rooms, those to these rooms.
 */
export async function listInvitations({ db }: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'userId' | 'key'>): Promise<RoomInvitation[]> {
  const rows = await db.$queryRaw<{ roomId: string; roomName: string; invitedBy: UserRow; invitedAt: Instant }[]>(Prisma.sql`
    select m.room_id as "roomId", r.name as "roomName", m.invited_at as "invitedAt", ${userJson('host')} as "invitedBy"
    from room_members m join rooms r on r.id = m.room_id join users host on host.id = m.invited_by
    where m.user_id = ${actor.userId}::uuid and ${invited('m')} and r.archived_at is null ${andRoomOfKey(actor, Prisma.sql`m.room_id`)}
    order by m.invited_at, m.room_id limit ${maxListedInvitations}::int`);
  return rows.map(({ roomId, roomName, invitedBy, invitedAt }) => ({
    roomId,
    roomName,
    invitedBy: userView(invitedBy),
    invitedAt: toIso(invitedAt),
  }));
}
