import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from '../sessions/actor.js';
import { publishSessionEnded } from '../sessions/publish-session-ended.js';
import { endSessions, standingSessions } from '../sessions/standing-session.js';

/**
 * Ends a key of the actor's, or of a bot of theirs. When it returns, no write by the key is under way or will commit; sockets and streams that
 * it opened are closed over the bus. To revoke a key again changes nothing.
 *
 * @throws AppError NOT_FOUND for a key that neither ever had
 */
export async function revokeKey(deps: CoreDeps, actor: Pick<Actor, 'userId' | 'sessionId' | 'username'>, keyId: string): Promise<void> {
  const [key] = await deps.db.$queryRaw<{ userId: string; username: string }[]>(Prisma.sql`
    select s.user_id as "userId", u.username from keys k join sessions s on s.id = k.session_id join users u on u.id = s.user_id
    where k.session_id = ${keyId}::uuid and (u.id = ${actor.userId}::uuid or u.owner_id = ${actor.userId}::uuid)`);
  if (!key) throw new AppError('NOT_FOUND', 'You have no such key.');
  const ended = await deps.db.$queryRaw<{ id: string }[]>(Prisma.sql`
    with standing as (${standingSessions(key.userId, Prisma.sql`and s.id = ${keyId}::uuid`)}),
    ended as (${endSessions({ from: Prisma.sql`standing`, id: Prisma.sql`standing.id` })}),
    audited as (${auditEntries(
      {
        event: 'key.revoked',
        by: actor,
        subject: { kind: 'key', id: Prisma.sql`k.session_id`, name: Prisma.sql`k.name` },
        detail: { account: key.username },
      },
      Prisma.sql`ended join keys k on k.session_id = ended.id`,
    )})
    select id from ended`);
  if (ended.length > 0) noteSecurity(deps.log, 'key revoked', { userId: actor.userId, keyId });
  // Also if it had ended: a process may have missed that.
  publishSessionEnded(deps, key.userId, keyId);
}
