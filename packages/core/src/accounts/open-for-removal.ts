import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { newKeySession } from '../sessions/key-session.js';
import { publishSessionEnded } from '../sessions/publish-session-ended.js';
import { endSessions, standingSessions } from '../sessions/standing-session.js';

/**
 * Shuts the person out of an account for good, and opens it for as long as its removal may take, to whoever removes it: its sessions end and its
 * password goes, so that nobody signs in meanwhile.
 *
 * @returns whom the removal acts as; null for an account that was removed already
 */
export async function openForRemoval(deps: Pick<CoreDeps, 'db' | 'bus' | 'log'>, userId: string): Promise<Actor | null> {
  await deps.db.$executeRaw(Prisma.sql`
    with standing as (${standingSessions(userId)})
    ${endSessions({ from: Prisma.sql`standing`, id: Prisma.sql`standing.id` })}`);
  const { sessionId, ctes } = newKeySession({
    from: Prisma.sql`opened`,
    userId: Prisma.sql`opened.id`,
    only: Prisma.sql`true`,
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  const [row] = await deps.db.$queryRaw<{ username: string }[]>(Prisma.sql`
    with opened as (
      update users u set disabled_at = null, password_hash = null
      where u.id = ${userId}::uuid and exists (select 1 from account_removals r where r.user_id = u.id and r.closed_at is null)
      returning u.id, u.username
    ),
    ${ctes}
    select opened.username from opened cross join session`);
  publishSessionEnded(deps, userId, null);
  return row ? { userId, sessionId, username: row.username, role: 'user', expiresAt: Infinity } : null;
}
