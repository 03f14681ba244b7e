import { AppError, type AddedMember } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { refusalBy, StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { banned, invited, leftAlone } from '../access/room-invitation.js';
import {
  announceMembership,
  bothMemberRows,
  entering,
  membershipWritten,
  personNamed,
  type MembershipWritten,
} from './membership-statement.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { changeOwn } from '../protocol/member-statements.js';
import { memberView, mine, userView } from '../protocol/presenters.js';
import { publishCaughtUp, publishMembership } from '../protocol/publish-membership.js';
import { publishToUser } from '../protocol/publish-to-user.js';
import { memberJson, userJson, type MemberRow, type UserRow } from '../protocol/room-rows.js';
import { added } from '../protocol/system-facts.js';
import { actorCaughtUp, comingAndGoing, foldableLine, lockRoom } from '../protocol/system-line.js';

interface AddResult extends MembershipWritten {
  active: boolean;
  /** Null if there is no such account, or it is disabled or removed. */
  personId: string | null;
  /** The person's row, if the person is in the room already. */
  present: MemberRow | null;
  caughtUp: boolean;
  /** The invitation of a person who left by themselves: the one written, or else the one that waited already. */
  invitation: { user: UserRow; invitedAt: Instant } | null;
  /** True if the invitation was written. */
  invited: boolean;
  /** True if the person declined an invitation less than a day ago. */
  declined: boolean;
  /** True if the person is banned from the room. */
  banned: boolean;
}

/** For so long after a person declined nobody can invite them to the same room, so that no is said once. */
const declinedFor = Prisma.sql`interval '1 day'`;

/**
 * Makes a person a plain member. A person who is in the room already stays as they are. What was said before counts as read.
 *
 * A person who left the room by themselves is invited instead, and told so. If an invitation waits for them, nothing is written.
 *
 * @throws AppError FORBIDDEN for a direct room; ROOM_ARCHIVED; USER_NOT_FOUND; INVITATION_DECLINED; BANNED; StaleMembershipError
 */
export async function addMember(deps: CoreDeps, room: AuthorizedRoom, username: string): Promise<AddedMember> {
  const { actor, roomId } = room;
  ensureMay(room, {}, { direct: 'A direct room keeps its two. Make a room for more.' });
  const [result] = await deps.db.$queryRaw<AddResult[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    person as (select * from (${personNamed(username)}) named where not named.closed),
    rows as (${bothMemberRows(roomId)}),
    existing as (select rows.*, ${banned('rows')} as is_banned from rows join person on rows.user_id = person.id),
    folded as (${foldableLine(roomId, comingAndGoing)}),
    room as (${lockRoom(roomId, Prisma.sql`cross join person left join existing on true`)}),
    ${entering(
      {
        membersRev: room.membersRev,
        guard: Prisma.sql`and not exists (select 1 from existing where existing.left_rev is null or ${leftAlone('existing')})`,
      },
      Prisma.sql`'member'`,
      added,
    )},
    gone as (
      select e.user_id, e.invited_at, ${invited('e')} as invited, coalesce(e.declined_at > now() - ${declinedFor}, false) as declined
      from existing e where ${leftAlone('e')} and not e.is_banned
    ),
    -- Locked, because an invitation takes no number: what the actor may holds until it is written.
    relied as (
      select gone.user_id from room_counters c cross join room cross join gone cross join actor
      where c.room_id = ${roomId}::uuid and c.members_rev = ${room.membersRev}::int and not gone.invited and not gone.declined
      for no key update of c
    ),
    invited as (${changeOwn({
      set: { invitedRev: Prisma.sql`m.left_rev`, invitedBy: Prisma.sql`actor.id`, invitedAt: Prisma.sql`now()` },
      from: Prisma.sql`relied cross join actor`,
      room: Prisma.sql`${roomId}::uuid`,
      user: Prisma.sql`relied.user_id`,
    })}),
    ${actorCaughtUp()}
    select exists (select 1 from actor) as active, (select id from person) as "personId",
      (select ${memberJson('existing', 'person')} from existing cross join person where existing.left_rev is null) as present,
      exists (select 1 from caught_up) as "caughtUp",
      (select json_build_object('user', ${userJson('person')}, 'invitedAt', i.invited_at) from person cross join (
        select invited_at from invited union all select invited_at from gone where gone.invited) i) as invitation,
      exists (select 1 from invited) as invited, coalesce((select declined and not invited from gone), false) as declined,
      exists (select 1 from existing where is_banned) as banned,
      ${membershipWritten}`);
  const written = announceMembership(deps, result, false);
  if (written) {
    const { member, seq, muted } = written;
    publishMembership(
      deps,
      member.user.id,
      written.room,
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
    if (result!.caughtUp) publishCaughtUp(deps, actor.userId, roomId, seq);
    return member;
  }
  if (result?.invitation) {
    const { user, invitedAt } = result.invitation;
    const invitation = { user: userView(user), invitedAt: toIso(invitedAt) };
    if (!result.invited) return unchanged(room, invitation);
    publishToUser(deps, user.id, { type: 'invitations' });
    return invitation;
  }
  if (result?.active && result.banned) {
    throw refusalBy(
      room,
      new AppError('BANNED', 'They are banned from this room. A moderator can lift that first.', { field: 'username' }),
    );
  }
  if (result?.active && result.declined) throw refusalBy(room, new AppError('INVITATION_DECLINED', undefined, { field: 'username' }));
  if (result?.present) return unchanged(room, memberView(result.present));
  if (result?.active && result.personId === null) throw new AppError('USER_NOT_FOUND', undefined, { field: 'username' });
  throw new StaleMembershipError();
}
