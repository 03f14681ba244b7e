import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import { activeActor } from '../sessions/active-actor.js';
import { loadActor } from '../sessions/load-actor.js';
import { endSessions } from '../sessions/standing-session.js';

/**
 * Ends a hook at once. Its bot stays, with what it wrote.
 *
 * @throws AppError HOOK_NOT_FOUND, SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function removeHook(deps: Pick<CoreDeps, 'db' | 'log'>, { actor, roomId }: AuthorizedRoom, hookId: string): Promise<void> {
  const [row] = await deps.db.$queryRaw<object[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    gone as (
      delete from hooks k using actor where k.id = ${hookId}::uuid and k.room_id = ${roomId}::uuid
      returning k.id, k.session_id
    ),
    ended as (${endSessions({ from: Prisma.sql`gone`, id: Prisma.sql`gone.session_id` })})
    select id from gone`);
  if (!row) {
    await loadActor(deps, actor.userId, actor.sessionId);
    throw new AppError('HOOK_NOT_FOUND');
  }
  noteSecurity(deps.log, 'hook removed', { userId: actor.userId, hookId, roomId });
}
