import type { RoomView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { enter } from './join-room.js';

/**
 * Makes the actor a member of a room to which they are invited, whoever else may enter it. Accepting again changes nothing. `members_rev`
 * guards the call, because the invitation counts only while the inviter may add people, and the room is not archived.
 *
 * @throws AppError ROOM_ARCHIVED; StaleMembershipError
 */
export async function acceptInvitation(deps: CoreDeps, room: AuthorizedRoom): Promise<RoomView> {
  const { actor, roomId, membersRev } = room;
  ensureMay(room);
  return await enter(deps, actor, roomId, { membersRev, guard: Prisma.sql`and room.was_invited` });
}
