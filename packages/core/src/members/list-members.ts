import type { MemberPage } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { isCalled } from '../protocol/names-found.js';
import { memberView } from '../protocol/presenters.js';
import type { MemberRow } from '../protocol/room-rows.js';
import { behind, memberPage, readMemberCursor, splitPage } from '../rooms/member-page.js';

/** At most one of the first three; none means the first page. */
export interface ListMembersInput {
  /** The cursor that the page before gave, or the room. */
  after?: string | undefined;
  /** Members whose username or name begins so, or a word of it, as people are found everywhere. */
  query?: string | undefined;
  /** User ids. */
  ids?: readonly string[] | undefined;
  limit: number;
}

/**
 * Reads one page of a room's members and the room's head, in one statement: the first ones or the next ones in the order of
 * {@link memberPage}, those of a name, or those with these ids.
 *
 * @throws AppError VALIDATION for a cursor that no page gave
 */
export async function listMembers({ db }: Pick<CoreDeps, 'db'>, { roomId }: AuthorizedRoom, input: ListMembersInput): Promise<MemberPage> {
  const { limit } = input;
  const [row] = await db.$queryRaw<{ members: MemberRow[]; rev: number }[]>(Prisma.sql`
    select ${memberPage(Prisma.sql`c.room_id`, limit, wanted(input))} as members, c.last_rev as rev
    from room_counters c where c.room_id = ${roomId}::uuid`);
  if (!row) throw new Error(`room ${roomId} has no counter row`);
  const { rows, next } = splitPage(row.members, limit);
  return { members: rows.map(memberView), next: input.query === undefined && !input.ids ? next : null, rev: row.rev };
}

function wanted({ after, query, ids }: ListMembersInput): Prisma.Sql {
  if (after !== undefined) return behind(readMemberCursor(after));
  if (query !== undefined) return Prisma.sql`and ${isCalled(query) ?? Prisma.sql`false`}`;
  return ids ? Prisma.sql`and m.user_id = any(${[...ids]}::uuid[])` : Prisma.empty;
}
