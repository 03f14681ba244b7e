import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { changeOwn, uninvited } from '../protocol/member-statements.js';
import { publishToUser } from '../protocol/publish-to-user.js';

/**
 * Puts the actor's invitation to the room away. For a day nobody can invite them to this room; {@link addMember} sees to that. A member has
 * no invitation, and nothing happens.
 *
 * @throws StaleMembershipError
 */
export async function declineInvitation(deps: CoreDeps, room: AuthorizedRoom): Promise<void> {
  const { actor, roomId } = room;
  ensureMay(room);
  const [result] = await deps.db.$queryRaw<{ active: boolean; declined: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    declined as (${changeOwn({
      set: { ...uninvited, declinedAt: Prisma.sql`now()` },
      from: Prisma.sql`actor`,
      room: Prisma.sql`${roomId}::uuid`,
      user: Prisma.sql`actor.id`,
      only: Prisma.sql`and m.invited_rev = m.left_rev`,
    })})
    select exists (select 1 from actor) as active, exists (select 1 from declined) as declined`);
  if (result?.declined) return publishToUser(deps, actor.userId, { type: 'invitations' });
  if (!result?.active || room.role === null) throw new StaleMembershipError();
  unchanged(room, null);
}
