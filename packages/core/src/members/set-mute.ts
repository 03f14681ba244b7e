import type { Mine } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { StaleMembershipError, type AuthorizedRoom } from '../access/authorized-room.js';
import { changeOwn } from '../protocol/member-statements.js';
import { mine, roomView } from '../protocol/presenters.js';
import { publishInbox } from '../protocol/publish-membership.js';
import { mineJson, roomJson, type MineRow, type RoomRow } from '../protocol/room-rows.js';

/**
 * Mutes a room for the actor, or ends that. It takes no rev: nobody else sees it. The person's other connections are told.
 *
 * @throws StaleMembershipError
 */
export async function setMute(deps: CoreDeps, room: AuthorizedRoom, muted: boolean): Promise<Mine> {
  const [row] = await deps.db.$queryRaw<{ room: RoomRow; mine: MineRow }[]>(Prisma.sql`
    with actor as (${activeActor(room.actor)}),
    changed as (${changeOwn({
      set: { muted: Prisma.sql`${muted}::boolean` },
      from: Prisma.sql`actor`,
      room: Prisma.sql`${room.roomId}::uuid`,
      user: Prisma.sql`actor.id`,
      only: Prisma.sql`and m.left_rev is null`,
    })})
    select ${roomJson('r')} as room, ${mineJson('m', 'c', 'r')} as mine
    from changed m join rooms r on r.id = m.room_id join room_counters c on c.room_id = m.room_id`);
  if (!row) throw new StaleMembershipError();
  const view = mine(row.mine);
  publishInbox(deps, room.actor.userId, { type: 'room', room: roomView(row.room), mine: view });
  return view;
}
