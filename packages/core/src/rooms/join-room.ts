import type { DurableEvent, RoomView } from '@parley/contracts';
import { isUniqueViolation, Prisma } from '@parley/db';
import { activeActor } from '../auth/active-actor.js';
import type { Actor } from '../auth/actor.js';
import type { CoreDeps } from '../deps.js';
import { StaleMembershipError, type AuthorizedRoom } from './authorized-room.js';
import { memberView, mine, roomView } from './presenters.js';
import { publishMembership } from './publish-membership.js';
import { publishRoomEvents } from './publish-room-events.js';
import { memberJson, roomJson, type MemberRow, type RoomRow } from './room-rows.js';

interface JoinResult {
  /** The room before the join, locked; null when the actor may not write. */
  before: RoomRow | null;
  wasMember: boolean | null;
  /** The rest is null when nothing was written. */
  room: RoomRow | null;
  member: MemberRow | null;
  seq: number | null;
  muted: boolean | null;
}

/**
 * Makes the actor a member of a public room. Joining again changes nothing and returns the room. What was said before counts
 * as read. One who left and comes back gets their old row, as a plain member.
 *
 * @throws StaleMembershipError if the room is no longer public, or the session ended: `RoomAccess` finds out which
 */
export async function joinRoom(deps: CoreDeps, room: AuthorizedRoom): Promise<RoomView> {
  return await join(deps, room.actor, room.roomId);
}

/**
 * {@link joinRoom} without a proof, for rooms everyone enters. Guarded by locks, not by `members_rev`: a hundred people who
 * join at once would refuse each other for no reason. The actor's own row, if there is one, is locked first; where there is none, the primary
 * key decides between two joins of one person, and the loser's statement rolls back whole. Then the room row, which tells
 * whether it is still public, then the counter.
 */
export async function join(deps: CoreDeps, actor: Actor, roomId: string): Promise<RoomView> {
  const result = await write(deps, actor, roomId);
  if (result.room && result.member) {
    const view = roomView(result.room);
    const member = memberView(result.member);
    const seq = result.seq ?? 0;
    const events: DurableEvent[] = [
      { type: 'member', rev: member.rev, member, left: false },
      { type: 'room', rev: view.rev, room: view },
    ];
    publishRoomEvents(deps, roomId, events, { seq, rev: view.rev });
    const own = mine({ role: member.role, lastReadSeq: seq, lastSeq: seq, mentions: 0, muted: result.muted ?? false });
    publishMembership(deps, actor.userId, view, own);
    return view;
  }
  if (result.before && result.wasMember) return roomView(result.before);
  throw new StaleMembershipError();
}

async function write(deps: CoreDeps, actor: Actor, roomId: string): Promise<JoinResult> {
  try {
    const [row] = await deps.db.$queryRaw<JoinResult[]>(Prisma.sql`
      with actor as (${activeActor(actor)}),
      existing as (
        select m.user_id, m.left_rev from room_members m join actor on m.user_id = actor.id
        where m.room_id = ${roomId}::uuid
        for no key update of m
      ),
      room as (
        select r.*, existing.user_id is not null and existing.left_rev is null as was_member
        from rooms r cross join actor left join existing on true
        where r.id = ${roomId}::uuid
        for no key update of r
      ),
      counter as (
        update room_counters c set last_rev = c.last_rev + 2, members_rev = c.last_rev + 2
        from room where c.room_id = room.id and room.visibility = 'public' and not room.was_member
        returning c.room_id, c.last_rev, c.last_seq
      ),
      inserted as (
        insert into room_members (room_id, user_id, role, rev, last_read_seq)
        select c.room_id, actor.id, 'member', c.last_rev - 1, c.last_seq
        from counter c cross join actor where not exists (select 1 from existing)
        returning *
      ),
      returned as (
        update room_members m
        set role = 'member', joined_at = now(), rev = c.last_rev - 1, left_rev = null, last_read_seq = c.last_seq
        from counter c cross join existing e where m.room_id = c.room_id and m.user_id = e.user_id
        returning m.*
      ),
      member as (select * from inserted union all select * from returned),
      changed as (
        update rooms r set member_count = r.member_count + 1, rev = c.last_rev
        from counter c where r.id = c.room_id
        returning r.*
      )
      select (select ${roomJson('room')} from room) as before,
        (select was_member from room) as "wasMember",
        (select ${roomJson('changed')} from changed) as room,
        (select ${memberJson('member', 'actor')} from member cross join actor) as member,
        (select last_seq from counter) as seq,
        (select muted from member) as muted`);
    return row!;
  } catch (error) {
    // The same person joined at the same moment, elsewhere. Nothing of this statement remains.
    if (isUniqueViolation(error, 'room_members_pkey')) throw new StaleMembershipError();
    throw error;
  }
}
