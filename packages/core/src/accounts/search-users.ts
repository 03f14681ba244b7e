import type { UserView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { accountOpen } from '../sessions/standing-session.js';

/**
 * Finds people whose username or display name begins with `query`, whatever its case; an `@` before it is ignored. The person with
 * exactly that username comes first, the others in order of username. Disabled and removed accounts are left out. The result says
 * nothing about rooms.
 */
export async function searchUsers(deps: Pick<CoreDeps, 'db'>, { query, limit }: { query: string; limit: number }): Promise<UserView[]> {
  const wanted = query.replace(/^@/, '').toLowerCase();
  const pattern = `${wanted.replace(/[\\%_]/g, String.raw`\$&`)}%`;
  return await deps.db.$queryRaw<UserView[]>(Prisma.sql`
    select u.id, u.username, u.display_name as "displayName", u.avatar
    from users u
    where ${accountOpen} and (lower(u.username) like ${pattern} or lower(u.display_name) like ${pattern})
    order by u.username = ${wanted} desc, u.username
    limit ${limit}::int`);
}
