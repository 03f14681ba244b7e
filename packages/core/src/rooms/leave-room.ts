import type { DurableEvent, RoomRole, RoomView } from '@parley/contracts';
import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../auth/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { StaleMembershipError, type AuthorizedRoom } from './authorized-room.js';
import { memberView, roomView } from './presenters.js';
import { publishMembership } from './publish-membership.js';
import { publishRoomEvents } from './publish-room-events.js';
import { memberJson, roomJson, type MemberRow, type RoomRow } from './room-rows.js';

interface LeaveResult {
  /** The actor's own row, locked; null when not a member or not allowed to write. */
  role: RoomRole | null;
  otherOwners: boolean;
  /** The rest is null when nothing was written. */
  room: RoomRow | null;
  member: MemberRow | null;
  seq: number | null;
}

/**
 * Ends the actor's membership; their row stays, with `leftRev`.
 *
 * A plain member's leaving is guarded by the lock on their own row, so that many may leave at once. Whether an owner may
 * leave depends on the other members, so that is guarded by `members_rev`: two last owners cannot both go.
 *
 * @returns the room as they left it
 * @throws AppError LAST_OWNER; StaleMembershipError
 */
export async function leaveRoom(deps: CoreDeps, room: AuthorizedRoom): Promise<RoomView> {
  const { actor, roomId } = room;
  const [result] = await deps.db.$queryRaw<LeaveResult[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    existing as (
      select m.user_id, m.role from room_members m join actor on m.user_id = actor.id
      where m.room_id = ${roomId}::uuid and m.left_rev is null
      for no key update of m
    ),
    room as (
      select r.id, existing.role from rooms r cross join existing where r.id = ${roomId}::uuid
      for no key update of r
    ),
    other_owner as (
      select 1 from room_members m
      where m.room_id = ${roomId}::uuid and m.user_id <> ${actor.userId}::uuid and m.role = 'owner' and m.left_rev is null
      limit 1
    ),
    counter as (
      update room_counters c set last_rev = c.last_rev + 2, members_rev = c.last_rev + 2
      from room
      where c.room_id = room.id
        and (room.role <> 'owner' or (c.members_rev = ${room.membersRev}::int and exists (select 1 from other_owner)))
      returning c.room_id, c.last_rev, c.last_seq
    ),
    member as (
      update room_members m set rev = c.last_rev - 1, left_rev = c.last_rev - 1
      from counter c cross join existing e where m.room_id = c.room_id and m.user_id = e.user_id
      returning m.*
    ),
    changed as (
      update rooms r set member_count = r.member_count - 1, rev = c.last_rev
      from counter c where r.id = c.room_id
      returning r.*
    )
    select (select role from existing) as role,
      exists (select 1 from other_owner) as "otherOwners",
      (select ${roomJson('changed')} from changed) as room,
      (select ${memberJson('member', 'actor')} from member cross join actor) as member,
      (select last_seq from counter) as seq`);
  if (result?.room && result.member) {
    const view = roomView(result.room);
    const member = memberView(result.member);
    const events: DurableEvent[] = [
      { type: 'member', rev: member.rev, member, left: true },
      { type: 'room', rev: view.rev, room: view },
    ];
    publishRoomEvents(deps, roomId, events, { seq: result.seq ?? 0, rev: view.rev });
    publishMembership(deps, actor.userId, view, null);
    return view;
  }
  if (result?.role === 'owner' && !result.otherOwners) throw new AppError('LAST_OWNER');
  throw new StaleMembershipError();
}
