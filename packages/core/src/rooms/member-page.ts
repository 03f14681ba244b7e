import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { toIso } from '../protocol/instant.js';
import { memberJson, type MemberRow } from '../protocol/room-rows.js';

/** The last member of a page, as the next page names it. */
export interface MemberCursor {
  role: string;
  joinedAt: string;
  userId: string;
}

/** Owners, moderators, others, by the alphabet; each by when they joined. The index `room_members_present_idx` has this order. */
const order = Prisma.sql`m.role desc, m.joined_at, m.user_id`;

/**
 * A page of the room's members, and one more that says whether there is a next page: a subquery that gives a JSON array.
 *
 * @param room an expression of the room's id
 * @param only which members, beginning with `and`, over `m` (`room_members`) and `u` (`users`). @default all
 */
export function memberPage(room: Prisma.Sql, limit: number, only: Prisma.Sql = Prisma.empty): Prisma.Sql {
  return Prisma.sql`(
    select coalesce(json_agg(page.json order by page.place), '[]') from (
      select ${memberJson('m', 'u')} as json, row_number() over (order by ${order}) as place
      from room_members m join users u on u.id = m.user_id
      where m.room_id = ${room} and m.left_rev is null ${only}
      order by ${order} limit ${limit}::int + 1
    ) page)`;
}

/** Members behind this one, for {@link memberPage}. */
export function behind({ role, joinedAt, userId }: MemberCursor): Prisma.Sql {
  return Prisma.sql`and m.role <= ${role}
    and (m.role < ${role} or (m.joined_at, m.user_id) > (${joinedAt}::timestamptz, ${userId}::uuid))`;
}

/** Splits what {@link memberPage} gave. @returns `next` null if there is no further page */
export function splitPage(rows: MemberRow[], limit: number): { rows: MemberRow[]; next: string | null } {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { rows: rows.slice(0, limit), next: last ? writeCursor(last) : null };
}

function writeCursor({ role, joinedAt, user }: MemberRow): string {
  return Buffer.from(JSON.stringify([role, toIso(joinedAt), user.id])).toString('base64url');
}

/** @throws AppError VALIDATION for a cursor that {@link splitPage} did not make */
export function readMemberCursor(cursor: string): MemberCursor {
  const [, role, joinedAt, userId] =
    /^\["(\w+)","([\d-]{10}T[\d:.]{12}Z)","([\da-f-]{36})"\]$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (role === undefined || Number.isNaN(Date.parse(joinedAt!))) {
    throw new AppError('VALIDATION', 'after: give the “nextMembers” of the room, or the “next” of the page before.', { field: 'after' });
  }
  return { role, joinedAt: joinedAt!, userId: userId! };
}
