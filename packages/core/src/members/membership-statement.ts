import type { DurableEvent, MemberView, RoomView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { numbersOf, takeNumbers, type Numbering } from '../protocol/counter-statements.js';
import { changeMembers, insertMembers, uninvited } from '../protocol/member-statements.js';
import { messageView, type MessageRow } from '../protocol/message-rows.js';
import { memberView, roomView } from '../protocol/presenters.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { memberJson, roomJson, type MemberRow, type RoomRow } from '../protocol/room-rows.js';
import type { Said } from '../protocol/system-facts.js';
import { foldingLine } from '../protocol/system-line.js';
import { changeRoomRow } from '../rooms/room-statements.js';
import { madeWebhookJobs, raiseEvents, wakeWebhooks } from '../webhooks/raise-events.js';
import { botIsHooked } from '../webhooks/lanes.js';
import { accountClosed } from '../sessions/standing-session.js';

/**
 * The second half of every statement by which a person enters or leaves a room. The member's row takes rev r + 1, the room's row r + 2,
 * and the line that tells of it r + 3, with the next seq or that of the line whose place it takes. An archived room takes no line, so its revs end with r + 2.
 *
 * The first half is these CTEs, locked in this order: `actor`; `person`, who enters or leaves; `existing`, the person's member row, if
 * there is one; `folded`, which `foldableLine` makes; `room`, which `lockRoom` makes.
 *
 * `person` is locked for share, because an event with the person's name must not be made from a profile that changes at that moment.
 */

/** Body of the CTE `person` when it is the actor who enters or leaves. */
export const actorAsPerson = Prisma.sql`
  select u.id, u.username, u.display_name, u.avatar, u.is_admin from users u join actor on u.id = actor.id for share of u`;

/** Body of the CTE `person` for the account of this name. */
export function personNamed(username: string): Prisma.Sql {
  return Prisma.sql`
    select u.id, u.username, u.display_name, u.avatar, u.is_admin, ${accountClosed} as closed from users u cross join actor
    where u.username = ${username}
    for share of u`;
}

/**
 * Body of the CTE `rows`: the member rows of `actor` and `person`, locked by user id. The two may be one person, and a row may be
 * absent.
 */
export function bothMemberRows(roomId: string): Prisma.Sql {
  return Prisma.sql`
    select m.* from room_members m cross join person cross join actor
    where m.room_id = ${roomId}::uuid and m.user_id in (actor.id, person.id)
    order by m.user_id
    for no key update of m`;
}

/** How many lines the room of `lockRoom` takes, those counted that take the place of another. */
const said = Prisma.sql`room.said`;

/**
 * What guards a change of membership: the `members_rev` that it relied on (null if locks are enough), and conditions on `c` and `room`,
 * beginning with `and`.
 */
export type MembershipGuard = Pick<Numbering, 'membersRev' | 'guard'>;

/** CTE `counter`. */
function membershipCounter({ membersRev, guard = Prisma.empty }: MembershipGuard, hooks?: Prisma.Sql): Prisma.Sql {
  return takeNumbers({
    room: Prisma.sql`room.id`,
    from: Prisma.sql`room`,
    messages: Prisma.sql`room.lines`,
    changes: Prisma.sql`2 + room.said - room.lines`,
    movesMembers: true,
    membersRev,
    guard,
    ...(hooks && { hooks }),
  });
}

/** The member's row comes before the room's, and both before the line. */
const memberRev = numbersOf('c', said, 1).rev;

/** CTEs from `counter` to the jobs of webhooks. The CTE `existing`, of the person's row, says by `is_banned` whether they are banned. @param role in SQL */
export function entering(guard: MembershipGuard, role: Prisma.Sql, says: Said): Prisma.Sql {
  return Prisma.sql`
    ${membershipCounter(
      // One rule for every way into a room: whoever is banned stays outside.
      {
        ...guard,
        guard: Prisma.sql`${guard.guard ?? Prisma.empty} and not exists (select 1 from existing kept_out where kept_out.is_banned)`,
      },
      botIsHooked(Prisma.sql`(select person.id from person)`),
    )},
    inserted as (${insertMembers(
      { room: Prisma.sql`c.room_id`, user: Prisma.sql`person.id`, role, rev: memberRev, lastReadSeq: Prisma.sql`c.last_seq` },
      Prisma.sql`counter c cross join room cross join person where not exists (select 1 from existing)`,
    )}),
    returned as (${changeMembers({
      set: {
        role,
        joinedAt: Prisma.sql`now()`,
        leftRev: Prisma.sql`null`,
        lastReadSeq: Prisma.sql`c.last_seq`,
        declinedAt: Prisma.sql`null`,
        ...uninvited,
      },
      rev: memberRev,
      from: Prisma.sql`counter c cross join room cross join person cross join existing e`,
      room: Prisma.sql`c.room_id`,
      user: Prisma.sql`e.user_id`,
    })}),
    member as (select * from inserted union all select * from returned),
    changed as (${memberCounted('+')}),
    ${foldingLine(says, Prisma.sql`cross join person`)},
    ${raiseEvents([{ event: 'member.joined', subject: Prisma.sql`member.user_id`, from: Prisma.sql`member` }], Prisma.sql`member`)}`;
}

/** CTEs from `counter` to the jobs of webhooks. @param way whether the person leaves by themselves, or someone removes or bans them */
export function leaving(guard: MembershipGuard, way: 'alone' | 'removed' | 'banned', says: Said): Prisma.Sql {
  return Prisma.sql`
    ${membershipCounter(guard)},
    member as (${changeMembers({
      set: {
        leftRev: memberRev,
        ...(way === 'alone' && { selfLeftRev: memberRev }),
        ...(way === 'banned' && { bannedRev: memberRev, bannedBy: Prisma.sql`(select actor.id from actor)`, bannedAt: Prisma.sql`now()` }),
      },
      rev: memberRev,
      from: Prisma.sql`counter c cross join room cross join existing e`,
      room: Prisma.sql`c.room_id`,
      user: Prisma.sql`e.user_id`,
    })}),
    changed as (${memberCounted('-')}),
    ${foldingLine(says, Prisma.sql`cross join person`)},
    ${raiseEvents([{ event: 'member.left', subject: Prisma.sql`member.user_id`, from: Prisma.sql`member` }])}`;
}

function memberCounted(sign: '+' | '-'): Prisma.Sql {
  return changeRoomRow({
    set: { memberCount: Prisma.sql`r.member_count ${Prisma.raw(sign)} 1` },
    from: Prisma.sql`cross join room`,
    messagesAfter: said,
  });
}

/** What a statement of {@link entering} or {@link leaving} wrote; all null if it matched nothing. */
export interface MembershipWritten {
  room: RoomRow | null;
  member: MemberRow | null;
  line: MessageRow | null;
  seq: number | null;
  muted: boolean | null;
  /** Ids of the jobs of webhooks. */
  webhooks: string[] | null;
}

/** Columns of {@link MembershipWritten}. */
export const membershipWritten = Prisma.sql`
  (select ${roomJson('changed')} from changed) as room,
  (select ${memberJson('member', 'person')} from member cross join person) as member,
  (select json from line) as line,
  (select last_seq from counter) as seq,
  (select muted from member) as muted,
  ${madeWebhookJobs} as webhooks`;

export interface MembershipChange {
  room: RoomView;
  member: MemberView;
  seq: number;
  muted: boolean;
}

/** Tells the room, if anything was written. @returns null if nothing was */
export function announceMembership(
  deps: Pick<CoreDeps, 'bus' | 'log'>,
  written: MembershipWritten | undefined,
  left: boolean,
): MembershipChange | null {
  if (!written?.room || !written.member) return null;
  const room = roomView(written.room);
  const member = memberView(written.member);
  const line = written.line && messageView(written.line);
  const seq = written.seq ?? 0;
  const events: DurableEvent[] = [
    { type: 'member', rev: member.rev, member, left },
    { type: 'room', rev: room.rev, room },
    ...(line ? [{ type: 'message' as const, rev: line.rev, message: line }] : []),
  ];
  publishRoomEvents(deps, room.id, events, { seq, rev: line?.rev ?? room.rev });
  wakeWebhooks(deps, written.webhooks);
  return { room, member, seq, muted: written.muted ?? false };
}
