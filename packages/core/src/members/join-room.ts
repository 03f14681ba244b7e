import { AppError, type RoomView } from '@parley/contracts';
import { isUniqueViolation, Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { refusalBy, StaleMembershipError, type AuthorizedRoom } from '../access/authorized-room.js';
import { banned, invited } from '../access/room-invitation.js';
import {
  actorAsPerson,
  announceMembership,
  entering,
  membershipWritten,
  type MembershipGuard,
  type MembershipWritten,
} from './membership-statement.js';
import { mine, roomView } from '../protocol/presenters.js';
import { publishMembership } from '../protocol/publish-membership.js';
import { joined } from '../protocol/system-facts.js';
import { comingAndGoing, foldableLine, lockRoom } from '../protocol/system-line.js';
import { roomJson, type RoomRow } from '../protocol/room-rows.js';

/** How an admin who takes a room over enters it. @default as a plain member, with no entry in the audit log */
interface EnteringAs {
  role?: 'owner';
  /** CTE of the entry, beginning with a comma. */
  audited?: Prisma.Sql;
}

interface JoinResult extends MembershipWritten {
  /** The room before the join, locked; null when the actor may not write. */
  before: RoomRow | null;
  wasMember: boolean | null;
}

/**
 * Makes the actor a member of a public room. Joining again changes nothing and returns the room. What was said before counts as read. A
 * person who left and comes back gets their old row, as a plain member. An admin who enters a room that nobody made, the Lobby, becomes
 * an owner of it.
 *
 * @throws AppError BANNED
 * @throws StaleMembershipError if the room is no longer public, or the session ended: `RoomAccess` finds out which
 */
export async function joinRoom(deps: CoreDeps, room: AuthorizedRoom): Promise<RoomView> {
  if (room.banned) throw refusalBy(room, new AppError('BANNED'));
  return await join(deps, room.actor, room.roomId);
}

/**
 * Does what {@link joinRoom} does, without a proof, for rooms that everyone enters. Locks guard the join, not `members_rev`, by which
 * a hundred people who join at once would refuse each other for no reason. The statement locks the actor's own row first. If there is
 * none, the primary key decides between two joins of one person, and the loser's statement rolls back whole. Then it locks the room's
 * row, which tells whether the room is still public, then the counter.
 */
export async function join(deps: CoreDeps, actor: Actor, roomId: string): Promise<RoomView> {
  return await enter(deps, actor, roomId, { membersRev: null, guard: Prisma.sql`and room.visibility = 'public'` });
}

/**
 * Makes the actor, who has just registered by an invitation, a member of a room that it leads to: of a public room, and of another one if whoever
 * made the invitation is still in it.
 *
 * @throws StaleMembershipError where neither is so any more, and for an archived room
 */
export async function enterInvited(
  deps: CoreDeps,
  actor: Actor,
  { roomId, invitedBy }: { roomId: string; invitedBy: string | null },
): Promise<RoomView> {
  const guard = Prisma.sql`and room.archived_at is null and room.visibility <> 'direct' and (room.visibility = 'public' or exists (
    select 1 from room_members maker where maker.room_id = room.id and maker.user_id = ${invitedBy}::uuid and maker.left_rev is null))`;
  return await enter(deps, actor, roomId, { membersRev: null, guard });
}

/**
 * Makes the actor a member of the room, unless they are one.
 *
 * @param guard what must hold of `c` and of `room`, whose column `was_invited` says whether an invitation waits for the actor
 * @throws StaleMembershipError if the guard does not hold, or the session ended
 */
export async function enter(deps: CoreDeps, actor: Actor, roomId: string, guard: MembershipGuard & EnteringAs): Promise<RoomView> {
  const result = await write(deps, actor, roomId, guard);
  const written = announceMembership(deps, result, false);
  if (written) {
    const { room, member, seq, muted } = written;
    publishMembership(
      deps,
      actor.userId,
      room,
      mine({
        role: member.role,
        lastReadSeq: seq,
        lastSeq: seq,
        unread: 0,
        mentions: 0,
        muted,
        silencedUntil: member.silencedUntil ?? null,
        direct: null,
      }),
    );
    return room;
  }
  if (result.before && result.wasMember) return roomView(result.before);
  throw new StaleMembershipError();
}

async function write(
  deps: Pick<CoreDeps, 'db'>,
  actor: Actor,
  roomId: string,
  { membersRev, guard = Prisma.empty, role, audited = Prisma.empty }: MembershipGuard & EnteringAs,
): Promise<JoinResult> {
  try {
    const [row] = await deps.db.$queryRaw<JoinResult[]>(Prisma.sql`
      with actor as (${activeActor(actor)}),
      person as (${actorAsPerson}),
      existing as (
        select m.user_id, m.left_rev, ${invited('m')} as invited, ${banned('m')} as is_banned from room_members m join person on m.user_id = person.id
        where m.room_id = ${roomId}::uuid
        for no key update of m
      ),
      folded as (${foldableLine(roomId, comingAndGoing)}),
      room as (${lockRoom(
        roomId,
        Prisma.sql`cross join person left join existing on true`,
        Prisma.sql`, existing.user_id is not null and existing.left_rev is null as was_member, existing.invited as was_invited`,
      )}),
      ${entering(
        { membersRev, guard: Prisma.sql`and not room.was_member ${guard}` },
        role === undefined
          ? Prisma.sql`case when room.created_by is null and person.is_admin then 'owner' else 'member' end`
          : Prisma.sql`'owner'`,
        joined,
      )}${audited}
      select (select ${roomJson('room')} from room) as before, (select was_member from room) as "wasMember", ${membershipWritten}`);
    return row!;
  } catch (error) {
    // The same person joined at the same moment, elsewhere. Nothing of this statement remains.
    if (isUniqueViolation(error, 'room_members_pkey')) throw new StaleMembershipError();
    throw error;
  }
}
