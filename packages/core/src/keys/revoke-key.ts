import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from '../sessions/actor.js';
import { publishSessionEnded } from '../sessions/publish-session-ended.js';
import { endSessions, standingSessions } from '../sessions/standing-session.js';

/**
 * Ends a key of the actor's. When it returns, no write by the key is under way or will commit; sockets and streams that it opened are
 * closed over the bus. To revoke a key again changes nothing.
 *
 * @throws AppError NOT_FOUND for a key that the actor never had
 */
export async function revokeKey(deps: CoreDeps, actor: Pick<Actor, 'userId'>, keyId: string): Promise<void> {
  const [row] = await deps.db.$queryRaw<{ known: boolean; ended: boolean }[]>(Prisma.sql`
    with standing as (${standingSessions(actor.userId, Prisma.sql`and s.kind = 'key' and s.id = ${keyId}::uuid`)}),
    ended as (${endSessions({ from: Prisma.sql`standing`, id: Prisma.sql`standing.id` })})
    select exists (select 1 from ended) as ended,
      exists (select 1 from keys k join sessions s on s.id = k.session_id
        where k.session_id = ${keyId}::uuid and s.user_id = ${actor.userId}::uuid) as known`);
  if (!row?.known) throw new AppError('NOT_FOUND', 'You have no such key.');
  if (row.ended) noteSecurity(deps.log, 'key revoked', { userId: actor.userId, keyId });
  // Also if it had ended: a process may have missed that.
  publishSessionEnded(deps, actor.userId, keyId);
}
