import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from '../sessions/actor.js';
import { publishSessionEnded } from '../sessions/publish-session-ended.js';
import { endSessions } from '../sessions/standing-session.js';
import { adminAs, whyNoAccount } from './admin-guard.js';

/**
 * Signs a person out everywhere, for an admin: their sign-ins end, keys of theirs stay. They may sign in again. When this returns, no write of
 * those sessions will commit any more.
 *
 * @throws AppError USER_NOT_FOUND; FORBIDDEN unless `by` is an admin; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function endSessionsOf(deps: CoreDeps, by: Actor, { username }: { username: string }): Promise<void> {
  const [row] = await deps.db.$queryRaw<{ id: string; username: string; ended: string[] }[]>(Prisma.sql`
    with admin as (${adminAs(by, 'admin.endSessions')}),
    named as (select u.id, u.username from users u cross join admin where u.username = ${username}),
    standing as (
      select s.id from sessions s join named on named.id = s.user_id where s.kind <> 'key' order by s.id for no key update of s
    ),
    ended as (${endSessions({ from: Prisma.sql`standing`, id: Prisma.sql`standing.id` })}),
    audited as (${auditEntries(
      { event: 'sessions.ended', by, subject: { kind: 'account', id: Prisma.sql`named.id`, name: Prisma.sql`named.username` } },
      Prisma.sql`named`,
    )})
    select named.id, named.username, (select coalesce(json_agg(id), '[]') from ended) as ended from named`);
  if (!row) throw await whyNoAccount(deps, username, by, 'admin.endSessions');
  noteSecurity(deps.log, 'all sessions ended', { userId: by.userId, username: row.username });
  for (const sessionId of row.ended) publishSessionEnded(deps, row.id, sessionId);
}
