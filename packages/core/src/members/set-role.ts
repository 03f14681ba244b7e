import { AppError, type AuditEvent, type MemberView, type RoomRole } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { refusalBy, StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { bothMemberRows, personNamed } from './membership-statement.js';
import { numbersOf, takeNumbers } from '../protocol/counter-statements.js';
import { changeMembers } from '../protocol/member-statements.js';
import { messageView, type MessageRow } from '../protocol/message-rows.js';
import { memberView, mine, roomView } from '../protocol/presenters.js';
import { publishCaughtUp, publishMembership } from '../protocol/publish-membership.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { memberJson, mineJson, roomJson, type MemberRow, type MineRow, type RoomRow } from '../protocol/room-rows.js';
import { madeRole } from '../protocol/system-facts.js';
import { actorCaughtUp, foldableLine, foldingLine, givingOfRoles, lockRoom } from '../protocol/system-line.js';

interface SetRoleInput {
  username: string;
  role: RoomRole;
}

interface RoleResult {
  active: boolean;
  /** The member's row as it was, locked; null if the person is not in the room. */
  before: MemberRow | null;
  otherOwners: boolean;
  /** This and the following fields are null if nothing was written. */
  member: MemberRow | null;
  room: RoomRow | null;
  mine: MineRow | null;
  line: MessageRow | null;
  seq: number | null;
  rev: number | null;
  caughtUp: boolean;
}

/**
 * Gives a member another role, and says so in the room. If the member has the role already, nothing is written. The change moves
 * `members_rev`, so that after the commit none of the member's writes counts by the old role.
 *
 * @throws AppError FORBIDDEN for a direct room; USER_NOT_FOUND for a person who is not in the room; LAST_OWNER; StaleMembershipError
 */
export async function setRole(deps: CoreDeps, room: AuthorizedRoom, { username, role }: SetRoleInput): Promise<MemberView> {
  ensureMay(room, {}, { direct: 'A direct room has no roles to give.' });
  const { member, result } = await giveRole(deps, room, { username, role });
  if (member) return member;
  if (result?.before?.role === role) return unchanged(room, memberView(result.before));
  if (result?.active && !result.before)
    throw refusalBy(room, new AppError('USER_NOT_FOUND', 'There is no such person in this room.', { field: 'username' }));
  if (result?.before?.role === 'owner' && !result.otherOwners) throw refusalBy(room, new AppError('LAST_OWNER'));
  throw new StaleMembershipError();
}

/** Where a role is given. `may`: a further condition. `event`: what the audit log has of it. */
interface GivingRole {
  actor: Actor;
  roomId: string;
  /** Null where locks are enough. */
  membersRev: number | null;
  may?: Prisma.Sql;
  event?: AuditEvent;
}

/** Writes and tells it, for whoever has found out that the actor may. */
export async function giveRole(
  deps: CoreDeps,
  { actor, roomId, membersRev, may = Prisma.empty, event = 'role.given' }: GivingRole,
  { username, role }: SetRoleInput,
): Promise<{ member: MemberView | null; result: RoleResult | undefined }> {
  const [result] = await deps.db.$queryRaw<RoleResult[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    person as (${personNamed(username)}),
    rows as (${bothMemberRows(roomId)}),
    existing as (select rows.* from rows join person on rows.user_id = person.id where rows.left_rev is null),
    other_owner as (
      select 1 from room_members m cross join existing e
      where m.room_id = ${roomId}::uuid and m.user_id <> e.user_id and m.role = 'owner' and m.left_rev is null
      limit 1
    ),
    folded as (${foldableLine(roomId, givingOfRoles)}),
    room as (${lockRoom(roomId, Prisma.sql`cross join existing`)}),
    ${takeNumbers({
      room: Prisma.sql`e.room_id`,
      from: Prisma.sql`existing e cross join room`,
      messages: Prisma.sql`room.lines`,
      changes: Prisma.sql`1 + room.said - room.lines`,
      movesMembers: true,
      membersRev,
      guard: Prisma.sql`and e.role <> ${role} and (e.role <> 'owner' or exists (select 1 from other_owner)) ${may}`,
    })},
    member as (${changeMembers({
      set: { role: Prisma.sql`${role}` },
      rev: numbersOf('c', Prisma.sql`room.said`).rev,
      from: Prisma.sql`counter c cross join room cross join existing e`,
      room: Prisma.sql`e.room_id`,
      user: Prisma.sql`e.user_id`,
    })}),
    audited as (${auditEntries(
      {
        event,
        by: actor,
        subject: { kind: 'account', id: Prisma.sql`person.id`, name: Prisma.sql`person.username` },
        roomId,
        detail: { role },
      },
      Prisma.sql`member join person on person.id = member.user_id`,
    )}),
    ${foldingLine(madeRole(role), Prisma.sql`cross join person`)},
    ${actorCaughtUp(Prisma.sql`exists (select 1 from existing e where e.user_id = actor.id)`)}
    select exists (select 1 from actor) as active, exists (select 1 from other_owner) as "otherOwners",
      (select ${memberJson('existing', 'person')} from existing cross join person) as before,
      (select ${memberJson('member', 'person')} from member cross join person) as member,
      (select ${roomJson('r')} from rooms r join counter c on r.id = c.room_id) as room,
      (select ${mineJson('member', 'c', null)} from member cross join counter c) as mine,
      (select json from line) as line, (select last_seq from counter) as seq, (select last_rev from counter) as rev,
      exists (select 1 from caught_up) as "caughtUp"`);
  if (result?.member && result.room && result.mine) {
    const member = memberView(result.member);
    const line = result.line && messageView(result.line);
    const head = { seq: result.seq ?? 0, rev: result.rev ?? member.rev };
    publishRoomEvents(
      deps,
      roomId,
      [
        { type: 'member', rev: member.rev, member, left: false },
        ...(line ? [{ type: 'message' as const, rev: line.rev, message: line }] : []),
      ],
      head,
    );
    publishMembership(deps, member.user.id, roomView(result.room), mine(result.mine));
    if (result.caughtUp) publishCaughtUp(deps, actor.userId, roomId, head.seq);
    return { member, result };
  }
  return { member: null, result };
}
