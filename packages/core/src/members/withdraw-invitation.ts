import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { changeOwn, uninvited } from '../protocol/member-statements.js';
import { publishToUser } from '../protocol/publish-to-user.js';
import { personNamed } from './membership-statement.js';

/**
 * Takes back a person's invitation to the room, whoever invited them: whoever may invite may also do this. They can be invited again at once. If
 * none waits for them, nothing is written and nobody told.
 *
 * @throws AppError FORBIDDEN for a direct room; StaleMembershipError
 */
export async function withdrawInvitation(deps: CoreDeps, room: AuthorizedRoom, username: string): Promise<void> {
  const { actor, roomId } = room;
  ensureMay(room);
  const [result] = await deps.db.$queryRaw<{ active: boolean; waits: boolean; withdrawn: string | null }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    person as (${personNamed(username)}),
    existing as (
      select m.user_id from room_members m join person on m.user_id = person.id
      where m.room_id = ${roomId}::uuid and m.invited_rev = m.left_rev
      for no key update of m
    ),
    -- Locked, because this takes no number: what the actor may holds until it is written.
    relied as (
      select existing.user_id from room_counters c cross join existing cross join actor
      where c.room_id = ${roomId}::uuid and c.members_rev = ${room.membersRev}::int
      for no key update of c
    ),
    withdrawn as (${changeOwn({
      set: uninvited,
      from: Prisma.sql`relied`,
      room: Prisma.sql`${roomId}::uuid`,
      user: Prisma.sql`relied.user_id`,
    })})
    select exists (select 1 from actor) as active, exists (select 1 from existing) as waits, (select user_id from withdrawn) as withdrawn`);
  if (result?.withdrawn) return publishToUser(deps, result.withdrawn, { type: 'invitations' });
  if (!result?.active || result.waits) throw new StaleMembershipError();
  unchanged(room, null);
}
