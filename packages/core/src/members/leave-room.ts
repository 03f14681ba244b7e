import type { RoomRole, RoomView } from '@parley/contracts';
import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { StaleMembershipError, type AuthorizedRoom } from '../access/authorized-room.js';
import { wakeAbandoned } from '../jobs/wake-abandoned.js';
import { ensureMay } from '../access/ensure-may.js';
import { actorAsPerson, announceMembership, leaving, membershipWritten, type MembershipWritten } from './membership-statement.js';
import { left } from '../protocol/system-facts.js';
import { comingAndGoing, foldableLine, lockRoom } from '../protocol/system-line.js';
import { publishMembership } from '../protocol/publish-membership.js';

interface LeaveResult extends MembershipWritten {
  /** The actor's own row, locked; null when not a member or not allowed to write. */
  role: RoomRole | null;
  otherOwners: boolean;
}

/**
 * Ends the actor's membership; their row stays, with `leftRev`.
 *
 * Whether an owner may leave depends on the other members, so `members_rev` guards that: two last owners cannot both go. For
 * everyone else the lock on their own row is enough, so that many may leave at once.
 *
 * @returns the room without the actor
 * @throws AppError LAST_OWNER; FORBIDDEN for a direct room, which keeps its two; StaleMembershipError
 */
export async function leaveRoom(deps: CoreDeps, room: AuthorizedRoom): Promise<RoomView> {
  ensureMay(room, {}, { direct: 'A direct room cannot be left. Mute it instead.' });
  return await leave(deps, room, false);
}

/** Does what {@link leaveRoom} does, for a person whose account ends: the last owner may leave too, and a direct room may be left. */
export async function leaveForGood(deps: CoreDeps, room: AuthorizedRoom): Promise<RoomView> {
  return await leave(deps, room, true);
}

async function leave(deps: CoreDeps, room: AuthorizedRoom, forGood: boolean): Promise<RoomView> {
  const { actor, roomId } = room;
  const [result] = await deps.db.$queryRaw<LeaveResult[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    person as (${actorAsPerson}),
    existing as (
      select m.user_id, m.role from room_members m join person on m.user_id = person.id
      where m.room_id = ${roomId}::uuid and m.left_rev is null
      for no key update of m
    ),
    folded as (${foldableLine(roomId, comingAndGoing)}),
    room as (${lockRoom(roomId, Prisma.sql`cross join existing`, Prisma.sql`, existing.role`)}),
    other_owner as (
      select 1 from room_members m
      where m.room_id = ${roomId}::uuid and m.user_id <> ${actor.userId}::uuid and m.role = 'owner' and m.left_rev is null
      limit 1
    ),
    ${leaving(
      {
        membersRev: null,
        guard: Prisma.sql`and (${forGood}::boolean or room.role <> 'owner' or (c.members_rev = ${room.membersRev}::int and exists (select 1 from other_owner)))`,
      },
      'alone',
      left,
    )}
    select (select role from existing) as role, exists (select 1 from other_owner) as "otherOwners", ${membershipWritten}`);
  const written = announceMembership(deps, result, true);
  if (written) {
    publishMembership(deps, actor.userId, written.room, null);
    await wakeAbandoned(deps, { roomId, userId: actor.userId });
    return written.room;
  }
  if (!forGood && result?.role === 'owner' && !result.otherOwners) throw new AppError('LAST_OWNER');
  throw new StaleMembershipError();
}
