import type { RoomRole } from '@parley/contracts';
import { isUniqueViolation, Prisma } from '@parley/db';
import { banned } from '../access/room-invitation.js';
import type { CoreDeps } from '../deps.js';
import { wakeAbandoned } from '../jobs/wake-abandoned.js';
import { numbersOf, takeNumbers } from '../protocol/counter-statements.js';
import { changeMembers } from '../protocol/member-statements.js';
import { memberView, mine, roomView } from '../protocol/presenters.js';
import { publishMembership } from '../protocol/publish-membership.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { memberJson, mineJson, roomJson, type MemberRow, type MineRow, type RoomRow } from '../protocol/room-rows.js';
import { joined, left } from '../protocol/system-facts.js';
import { comingAndGoing, foldableLine, lockRoom } from '../protocol/system-line.js';
import { lobbyId } from '../rooms/lobby.js';
import { accountOpen } from '../sessions/standing-session.js';
import { actorAsPerson, announceMembership, entering, leaving, membershipWritten, type MembershipWritten } from './membership-statement.js';

/**
 * What the groups of a provider do to a person's memberships. Nobody's session does it, so locks guard these writes: on the person's
 * member row, the room's row and the counter, as everywhere.
 */

/** A person in a room, and what is written beside the change of their membership. */
interface Place {
  userId: string;
  roomId: string;
  /** CTEs that stand in the same statement. @param from sources, without the word `from`: a row where the change was made */
  also(from: Prisma.Sql): Prisma.Sql;
}

/** Body of the CTE `actor`: the person, whose line it is that they came or went. */
function themselves(userId: string, only: Prisma.Sql = Prisma.empty): Prisma.Sql {
  return Prisma.sql`select u.id, u.username, u.display_name, u.avatar from users u where u.id = ${userId}::uuid ${only}`;
}

const nothingElse = () => Prisma.sql`nothing as (select 1 as one)`;

/** Makes somebody whose account was made for them a member of the Lobby, as a registration does. */
export async function enterLobby(deps: CoreDeps, userId: string): Promise<void> {
  await enterByGroup(deps, { userId, roomId: lobbyId, role: 'member', also: nothingElse });
}

/**
 * Makes a person a member of a room, of any visibility but direct. What was said before counts as read.
 *
 * @returns false if they are one already or are banned, the account is closed, or there is no such room; then nothing was written
 */
export async function enterByGroup(deps: CoreDeps, { userId, roomId, role, also }: Place & { role: RoomRole }): Promise<boolean> {
  const written = announceMembership(deps, await enter(deps, { userId, roomId, role, also }), false);
  if (!written) return false;
  const { room, member, seq, muted } = written;
  publishMembership(
    deps,
    userId,
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
  return true;
}

async function enter(
  { db }: Pick<CoreDeps, 'db'>,
  { userId, roomId, role, also }: Place & { role: RoomRole },
): Promise<MembershipWritten | undefined> {
  try {
    const [row] = await db.$queryRaw<MembershipWritten[]>(Prisma.sql`
      with actor as (${themselves(userId, Prisma.sql`and ${accountOpen}`)}),
      person as (${actorAsPerson}),
      existing as (
        select m.user_id, m.left_rev, ${banned('m')} as is_banned from room_members m join person on m.user_id = person.id
        where m.room_id = ${roomId}::uuid
        for no key update of m
      ),
      folded as (${foldableLine(roomId, comingAndGoing)}),
      room as (${lockRoom(
        roomId,
        Prisma.sql`cross join person left join existing on true`,
        Prisma.sql`, existing.user_id is not null and existing.left_rev is null as was_member`,
      )}),
      ${entering(
        { membersRev: null, guard: Prisma.sql`and not room.was_member and room.visibility <> 'direct'` },
        Prisma.sql`${role}::text`,
        joined,
      )},
      ${also(Prisma.sql`member`)}
      select ${membershipWritten}`);
    return row;
  } catch (error) {
    // The same person joined at the same moment, elsewhere. Nothing of this statement remains.
    if (isUniqueViolation(error, 'room_members_pkey')) return undefined;
    throw error;
  }
}

/**
 * Ends a person's membership, also of a closed account, and of the last owner: the room may be left without one.
 *
 * @param place.role the role that they must have still
 * @returns false if they are no such member; then nothing was written
 */
export async function leaveByGroup(deps: CoreDeps, { userId, roomId, role, also }: Place & { role: RoomRole }): Promise<boolean> {
  const [row] = await deps.db.$queryRaw<MembershipWritten[]>(Prisma.sql`
    with actor as (${themselves(userId)}),
    person as (${actorAsPerson}),
    existing as (
      select m.user_id, m.role from room_members m join person on m.user_id = person.id
      where m.room_id = ${roomId}::uuid and m.left_rev is null
      for no key update of m
    ),
    folded as (${foldableLine(roomId, comingAndGoing)}),
    room as (${lockRoom(roomId, Prisma.sql`cross join existing`, Prisma.sql`, existing.role`)}),
    ${leaving({ membersRev: null, guard: Prisma.sql`and room.role = ${role}::text` }, 'removed', left)},
    ${also(Prisma.sql`member`)}
    select ${membershipWritten}`);
  const written = announceMembership(deps, row, true);
  if (!written) return false;
  publishMembership(deps, userId, written.room, null);
  await wakeAbandoned(deps, { roomId, userId });
  return true;
}

/**
 * Gives a member another role. The room is told by the member's row and no line: nobody in it did that.
 *
 * @param place.from the role that they must have still
 * @returns false if they are no such member; then nothing was written
 */
export async function setRoleByGroup(
  deps: CoreDeps,
  { userId, roomId, from, to, also }: Place & { from: RoomRole; to: RoomRole },
): Promise<boolean> {
  const [row] = await deps.db.$queryRaw<
    { member: MemberRow | null; room: RoomRow | null; mine: MineRow | null; seq: number | null; rev: number | null }[]
  >(Prisma.sql`
    with actor as (${themselves(userId)}),
    person as (${actorAsPerson}),
    existing as (
      select m.* from room_members m join person on m.user_id = person.id
      where m.room_id = ${roomId}::uuid and m.left_rev is null and m.role = ${from}::text
      for no key update of m
    ),
    room as (select r.* from rooms r cross join existing where r.id = ${roomId}::uuid for no key update of r),
    ${takeNumbers({
      room: Prisma.sql`e.room_id`,
      from: Prisma.sql`existing e cross join room`,
      changes: 1,
      movesMembers: true,
      membersRev: null,
    })},
    member as (${changeMembers({
      set: { role: Prisma.sql`${to}::text` },
      rev: numbersOf('c').rev,
      from: Prisma.sql`counter c cross join existing e`,
      room: Prisma.sql`e.room_id`,
      user: Prisma.sql`e.user_id`,
    })}),
    ${also(Prisma.sql`member`)}
    select (select ${memberJson('member', 'person')} from member cross join person) as member,
      (select ${roomJson('r')} from room r) as room,
      (select ${mineJson('member', 'c', null)} from member cross join counter c) as mine,
      (select last_seq from counter) as seq, (select last_rev from counter) as rev`);
  if (!row?.member || !row.room || !row.mine) return false;
  const member = memberView(row.member);
  publishRoomEvents(deps, roomId, [{ type: 'member', rev: member.rev, member, left: false }], {
    seq: row.seq ?? 0,
    rev: row.rev ?? member.rev,
  });
  publishMembership(deps, userId, roomView(row.room), mine(row.mine));
  return true;
}
