import { AppError, type MemberView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import {
  announceMembership,
  bothMemberRows,
  entering,
  lockRoom,
  membershipWritten,
  personNamed,
  type MembershipWritten,
} from './membership-statement.js';
import { memberView, mine } from '../protocol/presenters.js';
import { publishCaughtUp, publishMembership } from '../protocol/publish-membership.js';
import { memberJson, type MemberRow } from '../protocol/room-rows.js';
import { added } from '../protocol/system-facts.js';
import { actorCaughtUp, foldableLine } from '../protocol/system-line.js';

interface AddResult extends MembershipWritten {
  active: boolean;
  /** Null if there is no such account, or it is disabled or removed. */
  personId: string | null;
  /** The person's row, if the person is in the room already. */
  present: MemberRow | null;
  caughtUp: boolean;
}

/**
 * Makes a person a plain member. A person who is in the room already stays as they are. What was said before counts as read.
 *
 * @throws AppError FORBIDDEN for a direct room; ROOM_ARCHIVED; USER_NOT_FOUND; StaleMembershipError
 */
export async function addMember(deps: CoreDeps, room: AuthorizedRoom, username: string): Promise<MemberView> {
  const { actor, roomId } = room;
  ensureMay(room, {}, { direct: 'A direct room keeps its two. Make a room for more.' });
  const [result] = await deps.db.$queryRaw<AddResult[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    person as (select * from (${personNamed(username)}) named where not named.closed),
    rows as (${bothMemberRows(roomId)}),
    existing as (select rows.* from rows join person on rows.user_id = person.id),
    folded as (${foldableLine(roomId)}),
    room as (${lockRoom(roomId, Prisma.sql`cross join person left join existing on true`)}),
    ${entering(
      { membersRev: room.membersRev, guard: Prisma.sql`and not exists (select 1 from existing where existing.left_rev is null)` },
      Prisma.sql`'member'`,
      added,
    )},
    ${actorCaughtUp()}
    select exists (select 1 from actor) as active, (select id from person) as "personId",
      (select ${memberJson('existing', 'person')} from existing cross join person where existing.left_rev is null) as present,
      exists (select 1 from caught_up) as "caughtUp", ${membershipWritten}`);
  const written = announceMembership(deps, result, false);
  if (written) {
    const { member, seq, muted } = written;
    publishMembership(
      deps,
      member.user.id,
      written.room,
      mine({ role: member.role, lastReadSeq: seq, lastSeq: seq, unread: 0, mentions: 0, muted, direct: null }),
    );
    if (result!.caughtUp) publishCaughtUp(deps, actor.userId, roomId, seq);
    return member;
  }
  if (result?.present) return unchanged(room, memberView(result.present));
  if (result?.active && result.personId === null) throw new AppError('USER_NOT_FOUND', undefined, { field: 'username' });
  throw new StaleMembershipError();
}
