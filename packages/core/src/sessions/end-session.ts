import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from './actor.js';
import { publishSessionEnded } from './publish-session-ended.js';
import { endSessions, standingSessions } from './standing-session.js';

/**
 * Ends a sign-in of the actor's, on whatever device. When it returns, no write of that session is under way or will commit; its sockets are
 * closed over the bus. To end one that has ended changes nothing.
 *
 * @throws AppError NOT_FOUND for one that is not the actor's, and for a key
 */
export async function endSession(
  deps: CoreDeps,
  actor: Pick<Actor, 'userId' | 'sessionId' | 'username'>,
  sessionId: string,
): Promise<void> {
  const { userId } = actor;
  const [own] = await deps.db.$queryRaw<unknown[]>(Prisma.sql`
    select 1 as one from sessions s where s.id = ${sessionId}::uuid and s.user_id = ${userId}::uuid and s.kind = 'login'`);
  if (!own) throw new AppError('NOT_FOUND', 'You are not signed in there: it ended a while ago, or is none of yours.');
  await deps.db.$executeRaw(Prisma.sql`
    with standing as (${standingSessions(userId, Prisma.sql`and s.id = ${sessionId}::uuid`)}),
    ended as (${endSessions({ from: Prisma.sql`standing`, id: Prisma.sql`standing.id` })})
    ${auditEntries({ event: 'session.ended', by: actor, detail: { session: sessionId } }, Prisma.sql`ended`)}`);
  noteSecurity(deps.log, 'session ended', { userId });
  // Also if it had ended: a process may have missed that.
  publishSessionEnded(deps, userId, sessionId);
}
