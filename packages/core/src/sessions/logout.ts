import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from './actor.js';
import { publishSessionEnded } from './publish-session-ended.js';
import { endSessions, standingSessions } from './standing-session.js';

/**
 * Ends the actor's session, or all sessions of the actor. When it returns, no write of those sessions is under way or will commit;
 * sockets are told over the bus. Ending a session that has ended changes nothing.
 */
export async function logout(
  deps: CoreDeps,
  actor: Pick<Actor, 'userId' | 'sessionId'> & { username?: string },
  options: { everywhere: boolean },
): Promise<void> {
  const which = options.everywhere ? Prisma.empty : Prisma.sql`and s.id = ${actor.sessionId}::uuid`;
  await deps.db.$queryRaw(Prisma.sql`
    with standing as (${standingSessions(actor.userId, which)}),
    ended as (${endSessions({ from: Prisma.sql`standing`, id: Prisma.sql`standing.id` })}),
    audited as (${auditEntries(
      { event: options.everywhere ? 'sessions.ended' : 'session.ended', by: { username: null, ...actor } },
      Prisma.sql`(select 1 where exists (select 1 from ended)) any_ended`,
    )})
    select id from ended`);
  noteSecurity(deps.log, options.everywhere ? 'all sessions ended' : 'session ended', { userId: actor.userId });
  publishSessionEnded(deps, actor.userId, options.everywhere ? null : actor.sessionId);
}
