import { AppError, aspectOfMember, roomRoleSchema, type MemberView, type RoomRole } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { refusalBy, StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { decideIn, ensureMay, refusalError } from '../access/ensure-may.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { numbersOf, takeNumbers } from '../protocol/counter-statements.js';
import { changeMembers } from '../protocol/member-statements.js';
import { memberView, mine, roomView } from '../protocol/presenters.js';
import { publishMembership } from '../protocol/publish-membership.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { memberJson, mineJson, roomJson, type MemberRow, type MineRow, type RoomRow } from '../protocol/room-rows.js';
import { activeActor } from '../sessions/active-actor.js';
import { bothMemberRows, personNamed } from './membership-statement.js';

interface SilenceInput {
  username: string;
  /** Zero ends it. */
  forMinutes: number;
}

interface SilenceResult {
  active: boolean;
  before: MemberRow | null;
  wasSilenced: boolean;
  member: MemberRow | null;
  room: RoomRow | null;
  mine: MineRow | null;
  seq: number | null;
}

/**
 * Has a member only read for some minutes from now, or lets them write again. It ends by itself, by the database's clock, and lasts for
 * who leaves and comes back. An owner may silence anyone else, a moderator only plain members. The change moves `members_rev`, so that
 * after the commit none of the member's writes counts by what they were allowed before.
 *
 * @throws AppError FORBIDDEN for a direct room, for oneself, and to a moderator for a moderator or an owner; USER_NOT_FOUND for a person who
 *   is not in the room; StaleMembershipError
 */
export async function silenceMember(deps: CoreDeps, room: AuthorizedRoom, { username, forMinutes }: SilenceInput): Promise<MemberView> {
  const { actor, roomId, membersRev } = room;
  ensureMay(room, {}, { direct: 'Nobody moderates a one-to-one room. Mute it instead.' });
  if (username === actor.username)
    throw new AppError('FORBIDDEN', 'You cannot silence yourself, nor end that you are.', { field: 'username' });
  const silencing = (role: RoomRole) => decideIn(room, { aspect: aspectOfMember(role) });
  const allowed = roomRoleSchema.options.filter((role) => silencing(role).kind === 'allowed');
  const [result] = await deps.db.$queryRaw<SilenceResult[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    person as (${personNamed(username)}),
    rows as (${bothMemberRows(roomId)}),
    existing as (select rows.* from rows join person on rows.user_id = person.id where rows.left_rev is null),
    ${takeNumbers({
      room: Prisma.sql`e.room_id`,
      from: Prisma.sql`existing e`,
      changes: 1,
      movesMembers: true,
      membersRev,
      guard: Prisma.sql`and e.role = any(${allowed}::text[]) and (${forMinutes}::int > 0 or e.silenced_until > now())`,
    })},
    member as (${changeMembers({
      set: { silencedUntil: Prisma.sql`case when ${forMinutes}::int > 0 then now() + ${forMinutes}::int * interval '1 minute' end` },
      rev: numbersOf('c').rev,
      from: Prisma.sql`counter c cross join existing e`,
      room: Prisma.sql`e.room_id`,
      user: Prisma.sql`e.user_id`,
    })}),
    audited as (${auditEntries(
      {
        event: forMinutes > 0 ? 'member.silenced' : 'member.unsilenced',
        by: actor,
        subject: { kind: 'account', id: Prisma.sql`person.id`, name: Prisma.sql`person.username` },
        roomId,
        detail: { forMinutes },
      },
      Prisma.sql`member join person on person.id = member.user_id`,
    )})
    select exists (select 1 from actor) as active,
      (select ${memberJson('existing', 'person')} from existing cross join person) as before,
      coalesce((select e.silenced_until > now() from existing e), false) as "wasSilenced",
      (select ${memberJson('member', 'person')} from member cross join person) as member,
      (select ${roomJson('r')} from rooms r join counter c on r.id = c.room_id) as room,
      (select ${mineJson('member', 'c', null)} from member cross join counter c) as mine,
      (select last_seq from counter) as seq`);
  if (result?.member && result.room && result.mine) {
    const member = memberView(result.member);
    publishRoomEvents(deps, roomId, [{ type: 'member', rev: member.rev, member, left: false }], { seq: result.seq ?? 0, rev: member.rev });
    publishMembership(deps, member.user.id, roomView(result.room), mine(result.mine));
    return member;
  }
  if (result?.active && !result.before) {
    throw refusalBy(room, new AppError('USER_NOT_FOUND', 'There is no such person in this room.', { field: 'username' }));
  }
  const decision = result?.before && silencing(result.before.role);
  if (decision?.kind === 'refused') {
    throw refusalBy(room, refusalError(decision, { aspect: 'Only an owner can silence a moderator or an owner.' }));
  }
  if (result?.before && forMinutes === 0 && !result.wasSilenced) return unchanged(room, memberView(result.before));
  throw new StaleMembershipError();
}
