import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { publishSessionEnded } from './publish-session-ended.js';

/**
 * Shuts a person out: their account is disabled and all their sessions end in the same statement, so when it returns no write
 * of theirs will commit. For operators, so no actor.
 *
 * @throws AppError USER_NOT_FOUND
 */
export async function disableAccount(deps: CoreDeps, username: string): Promise<void> {
  const [row] = await deps.db.$queryRaw<{ id: string }[]>(Prisma.sql`
    with standing as (
      select s.id from sessions s join users u on u.id = s.user_id
      where u.username = ${username.trim().toLowerCase()} and s.revoked_at is null
      order by s.id for no key update of s
    ),
    ended as (
      update sessions s set revoked_at = now() from standing where s.id = standing.id returning s.id
    )
    update users set disabled_at = coalesce(disabled_at, now())
    where username = ${username.trim().toLowerCase()} and (select count(*) from ended) >= 0
    returning id`);
  if (!row) throw new AppError('USER_NOT_FOUND');
  publishSessionEnded(deps, row.id, null);
}
