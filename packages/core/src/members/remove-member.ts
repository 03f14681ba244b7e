import { AppError, aspectOfMember, roomRoleSchema, type RoomRole, type RoomView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { wakeAbandoned } from '../jobs/wake-abandoned.js';
import { refusalBy, StaleMembershipError, type AuthorizedRoom } from '../access/authorized-room.js';
import { decideIn, ensureMay, refusalError } from '../access/ensure-may.js';
import { leaveRoom } from './leave-room.js';
import {
  announceMembership,
  bothMemberRows,
  leaving,
  membershipWritten,
  personNamed,
  type MembershipWritten,
} from './membership-statement.js';
import { publishCaughtUp, publishMembership } from '../protocol/publish-membership.js';
import { removed } from '../protocol/system-facts.js';
import { actorCaughtUp, comingAndGoing, foldableLine, lockRoom } from '../protocol/system-line.js';

interface RemoveResult extends MembershipWritten {
  active: boolean;
  /** The role of the person to remove, whose row is locked; null if the person is not in the room. */
  role: RoomRole | null;
  caughtUp: boolean;
}

/**
 * Ends a person's membership. An owner may remove anyone, a moderator only plain members. Actors who remove themselves leave the room.
 *
 * @returns the room without the person
 * @throws AppError FORBIDDEN for a direct room, and to a moderator for a moderator or an owner; USER_NOT_FOUND for a person who is not
 * in the room; LAST_OWNER; StaleMembershipError
 */
export async function removeMember(deps: CoreDeps, room: AuthorizedRoom, username: string): Promise<RoomView> {
  const { actor, roomId } = room;
  if (username === actor.username) return await leaveRoom(deps, room);
  ensureMay(room, {}, { direct: 'A direct room keeps its two. Mute it instead.' });
  const removing = (role: RoomRole) => decideIn(room, { aspect: aspectOfMember(role) });
  const removable = roomRoleSchema.options.filter((role) => removing(role).kind === 'allowed');
  const [result] = await deps.db.$queryRaw<RemoveResult[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    person as (${personNamed(username)}),
    rows as (${bothMemberRows(roomId)}),
    existing as (select rows.* from rows join person on rows.user_id = person.id where rows.left_rev is null),
    folded as (${foldableLine(roomId, comingAndGoing)}),
    room as (${lockRoom(roomId, Prisma.sql`cross join existing`, Prisma.sql`, existing.role`)}),
    ${leaving({ membersRev: room.membersRev, guard: Prisma.sql`and room.role = any(${removable}::text[])` }, 'removed', removed)},
    audited as (${auditEntries(
      {
        event: 'member.removed',
        by: actor,
        subject: { kind: 'account', id: Prisma.sql`person.id`, name: Prisma.sql`person.username` },
        roomId,
      },
      Prisma.sql`member join person on person.id = member.user_id`,
    )}),
    ${actorCaughtUp()}
    select exists (select 1 from actor) as active, (select role from existing) as role,
      exists (select 1 from caught_up) as "caughtUp", ${membershipWritten}`);
  const written = announceMembership(deps, result, true);
  if (written) {
    publishMembership(deps, written.member.user.id, written.room, null);
    await wakeAbandoned(deps, { roomId, userId: written.member.user.id });
    if (result!.caughtUp) publishCaughtUp(deps, actor.userId, roomId, written.seq);
    return written.room;
  }
  if (result?.active && result.role === null)
    throw refusalBy(room, new AppError('USER_NOT_FOUND', 'There is no such person in this room.', { field: 'username' }));
  const decision = result?.role && removing(result.role);
  if (decision?.kind === 'refused') {
    throw refusalBy(room, refusalError(decision, { aspect: 'Only an owner can remove a moderator or an owner.' }));
  }
  throw new StaleMembershipError();
}
