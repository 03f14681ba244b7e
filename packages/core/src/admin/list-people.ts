import type { AdminPerson } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso, toIsoOrNull, type Instant } from '../protocol/instant.js';
import { isCalled } from '../protocol/names-found.js';
import { closedSince, standingCount } from '../sessions/standing-session.js';

type PersonRow = Omit<AdminPerson, 'disabledAt' | 'createdAt'> & { disabledAt: Instant | null; createdAt: Instant };

export interface ListPeopleInput {
  query: string;
  show: 'all' | 'people' | 'bots' | 'admins' | 'disabled';
  after?: string | undefined;
  limit: number;
}

const shown: Record<ListPeopleInput['show'], Prisma.Sql> = {
  all: Prisma.sql`true`,
  people: Prisma.sql`u.owner_id is null`,
  bots: Prisma.sql`u.owner_id is not null`,
  admins: Prisma.sql`u.is_admin`,
  disabled: Prisma.sql`${closedSince} is not null`,
};

/** All accounts, closed ones too, by username. @param input.after the username of the last of the page before */
export async function listPeople(
  { db }: Pick<CoreDeps, 'db'>,
  { query, show, after, limit }: ListPeopleInput,
): Promise<{ items: AdminPerson[]; next: string | null }> {
  const called = query === '' || query === '@' ? Prisma.sql`true` : (isCalled(query) ?? Prisma.sql`false`);
  const rows = await db.$queryRaw<PersonRow[]>(Prisma.sql`
    with found as (
      select u.* from users u
      where ${shown[show]} and (${called} or lower(u.email) = lower(${query}::text)) and ${after ? Prisma.sql`u.username > ${after}` : Prisma.sql`true`}
      order by u.username limit ${limit + 1}::int
    )
    select json_build_object('id', u.id, 'username', u.username, 'displayName', u.display_name, 'avatar', u.avatar) as user, u.email,
      u.is_admin as "isAdmin", o.username as owner, ${closedSince} as "disabledAt", u.username like 'removed-%' and ${closedSince} is not null as removed,
      u.created_at as "createdAt",
      ${standingCount} as sessions,
      (select count(*)::int from room_members m where m.user_id = u.id and m.left_rev is null) as rooms
    from found u left join users o on o.id = u.owner_id
    order by u.username limit ${limit + 1}::int`);
  const items = rows.slice(0, limit).map(({ disabledAt, createdAt, ...row }) => ({
    ...row,
    disabledAt: toIsoOrNull(disabledAt),
    createdAt: toIso(createdAt),
  }));
  return { items, next: rows.length > limit ? items.at(-1)!.user.username : null };
}
