import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { noAccount } from '../no-account.js';
import { publishToUser } from '../protocol/publish-to-user.js';
import { noteSecurity } from '../security-log.js';

/**
 * Makes a person an admin of the instance, and tells every API that serves them; repeating it changes nothing. For operators at the command line, so no actor.
 *
 * @throws AppError USER_NOT_FOUND, also for a bot
 */
export async function setAdmin(deps: Pick<CoreDeps, 'db' | 'bus' | 'log'>, username: string): Promise<void> {
  const [row] = await deps.db.$queryRaw<{ id: string; username: string }[]>(Prisma.sql`
    update users set is_admin = true where username = ${username.trim().toLowerCase()} and owner_id is null returning id, username`);
  if (!row) throw noAccount(username);
  noteSecurity(deps.log, 'admin made', { username: row.username });
  publishToUser(deps, row.id, { type: 'role' });
}
