import type { UserView } from '@parley/contracts';
import { nameQuery } from '@parley/contracts/search';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { accountOpen } from '../sessions/standing-session.js';

/**
 * Finds people whose username or display name begins with `query`, or one of whose words does, whatever its case and accents; words may
 * be begun in any order. An `@` before the query is ignored. The person with exactly that username comes first, the others in order of
 * username. An empty query finds everyone. Disabled and removed accounts are left out. The result says nothing about rooms.
 */
export async function searchUsers(deps: Pick<CoreDeps, 'db'>, { query, limit }: { query: string; limit: number }): Promise<UserView[]> {
  const typed = query.replace(/^@/, '');
  const wanted = typed.toLowerCase();
  const names = nameQuery(typed);
  if (names === null && typed !== '') return [];
  const pattern = `${wanted.replace(/[\\%_]/g, String.raw`\$&`)}%`;
  return await deps.db.$queryRaw<UserView[]>(Prisma.sql`
    select u.id, u.username, u.display_name as "displayName", u.avatar
    from users u
    where ${accountOpen} and (${typed === ''} or u.names @@ ${names}::tsquery
      -- No worker has written yet what these are found by.
      or u.names is null and (lower(u.username) like ${pattern} or lower(u.display_name) like ${pattern}))
    order by u.username = ${wanted} desc, u.username
    limit ${limit}::int`);
}
