import { AppError, aspectOfMember, roomRoleSchema, type RoomRole, type RoomView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { refusalBy, StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { decideIn, ensureMay, refusalError } from '../access/ensure-may.js';
import { banned } from '../access/room-invitation.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { wakeAbandoned } from '../jobs/wake-abandoned.js';
import { changeOwn, uninvited } from '../protocol/member-statements.js';
import { roomView } from '../protocol/presenters.js';
import { publishCaughtUp, publishMembership } from '../protocol/publish-membership.js';
import { publishToUser } from '../protocol/publish-to-user.js';
import { roomJson, type RoomRow } from '../protocol/room-rows.js';
import { removed } from '../protocol/system-facts.js';
import { actorCaughtUp, comingAndGoing, foldableLine, lockRoom } from '../protocol/system-line.js';
import { activeActor } from '../sessions/active-actor.js';
import {
  announceMembership,
  bothMemberRows,
  leaving,
  membershipWritten,
  personNamed,
  type MembershipWritten,
} from './membership-statement.js';

interface BanResult extends MembershipWritten {
  active: boolean;
  /** The role of the person, whose row is locked; null if they were never in the room. */
  role: RoomRole | null;
  here: boolean;
  wasBanned: boolean;
  /** The person's id, if they had left and are kept out from now on. */
  keptOut: string | null;
  caughtUp: boolean;
  roomNow: RoomRow;
}

/**
 * Keeps a person out of the room until somebody lifts it: who is in it is removed, who left cannot come back by any way, and an invitation
 * that waits for them goes. An owner may ban anyone else, a moderator only plain members. Banning again changes nothing.
 *
 * @returns the room without the person
 * @throws AppError FORBIDDEN for a direct room, for oneself, and to a moderator for a moderator or an owner; USER_NOT_FOUND for a person who
 *   was never in the room; StaleMembershipError
 */
export async function banMember(deps: CoreDeps, room: AuthorizedRoom, username: string): Promise<RoomView> {
  const { actor, roomId, membersRev } = room;
  ensureMay(room, {}, { direct: 'A direct room keeps its two. Mute it instead.' });
  if (username === actor.username)
    throw new AppError('FORBIDDEN', 'You cannot ban yourself. Leave the room instead.', { field: 'username' });
  const banning = (role: RoomRole) => decideIn(room, { aspect: aspectOfMember(role) });
  const bannable = roomRoleSchema.options.filter((role) => banning(role).kind === 'allowed');
  const [result] = await deps.db.$queryRaw<BanResult[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    person as (${personNamed(username)}),
    rows as (${bothMemberRows(roomId)}),
    known as (select rows.* from rows join person on rows.user_id = person.id),
    existing as (select known.* from known where known.left_rev is null),
    folded as (${foldableLine(roomId, comingAndGoing)}),
    room as (${lockRoom(roomId, Prisma.sql`cross join existing`, Prisma.sql`, existing.role`)}),
    ${leaving({ membersRev, guard: Prisma.sql`and room.role = any(${bannable}::text[])` }, 'banned', removed)},
    -- Locked, because this takes no number: what the actor may holds until it is written.
    relied as (
      select known.user_id from room_counters c cross join known cross join actor
      where c.room_id = ${roomId}::uuid and c.members_rev = ${membersRev}::int and known.left_rev is not null and not ${banned('known')}
      for no key update of c
    ),
    kept_out as (${changeOwn({
      set: {
        ...uninvited,
        bannedRev: Prisma.sql`m.left_rev`,
        bannedBy: Prisma.sql`(select actor.id from actor)`,
        bannedAt: Prisma.sql`now()`,
      },
      from: Prisma.sql`relied`,
      room: Prisma.sql`${roomId}::uuid`,
      user: Prisma.sql`relied.user_id`,
    })}),
    audited as (${auditEntries(
      {
        event: 'member.banned',
        by: actor,
        subject: { kind: 'account', id: Prisma.sql`person.id`, name: Prisma.sql`person.username` },
        roomId,
      },
      Prisma.sql`person cross join (select user_id from member union all select user_id from kept_out) who`,
    )}),
    ${actorCaughtUp()}
    select exists (select 1 from actor) as active, (select role from known) as role, exists (select 1 from existing) as here,
      coalesce((select ${banned('known')} from known), false) as "wasBanned", (select user_id from kept_out) as "keptOut",
      exists (select 1 from caught_up) as "caughtUp", (select ${roomJson('r')} from rooms r where r.id = ${roomId}::uuid) as "roomNow",
      ${membershipWritten}`);
  const written = announceMembership(deps, result, true);
  if (written) {
    publishMembership(deps, written.member.user.id, written.room, null);
    await wakeAbandoned(deps, { roomId, userId: written.member.user.id });
    if (result!.caughtUp) publishCaughtUp(deps, actor.userId, roomId, written.seq);
    return written.room;
  }
  if (result?.keptOut) {
    publishToUser(deps, result.keptOut, { type: 'invitations' });
    return roomView(result.roomNow);
  }
  if (result?.active && result.wasBanned) return unchanged(room, roomView(result.roomNow));
  if (result?.active && result.role === null) {
    throw refusalBy(room, new AppError('USER_NOT_FOUND', 'This person was never in this room.', { field: 'username' }));
  }
  const decision = result?.here && result.role ? banning(result.role) : null;
  if (decision?.kind === 'refused') {
    throw refusalBy(room, refusalError(decision, { aspect: 'Only an owner can ban a moderator or an owner.' }));
  }
  throw new StaleMembershipError();
}
