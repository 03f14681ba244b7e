import type { UserView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { isCalled, withoutSign } from '../protocol/names-found.js';
import { accountOpen } from '../sessions/standing-session.js';

/**
 * Finds people whose username or display name begins with `query`, or one of whose words does, whatever its case and accents; words may
 * be begun in any order. An `@` before the query is ignored. The person with exactly that username comes first, the others in order of
 * username. An empty query finds everyone. Disabled and removed accounts are left out. The result says nothing about rooms.
 */
export async function searchUsers(deps: Pick<CoreDeps, 'db'>, { query, limit }: { query: string; limit: number }): Promise<UserView[]> {
  const username = withoutSign(query);
  const called = username === '' ? Prisma.sql`true` : isCalled(query);
  if (!called) return [];
  return await deps.db.$queryRaw<UserView[]>(Prisma.sql`
    select u.id, u.username, u.display_name as "displayName", u.avatar
    from users u
    where ${accountOpen} and ${called}
    order by u.username = ${username} desc, u.username
    limit ${limit}::int`);
}
