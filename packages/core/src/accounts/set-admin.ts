import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { setGaveAdmin } from '../doors/identity-statements.js';
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
    with made as (
      update users set is_admin = true where username = ${username.trim().toLowerCase()} and owner_id is null returning id, username
    ),
    -- From now on no group takes it back.
    by_hand as (${setGaveAdmin(Prisma.sql`made`, Prisma.sql`made.id`, Prisma.sql`false`)}),
    audited as (${auditEntries(
      { event: 'admin.made', by: 'operator', subject: { kind: 'account', id: Prisma.sql`made.id`, name: Prisma.sql`made.username` } },
      Prisma.sql`made`,
    )})
    select id, username from made`);
  if (!row) throw noAccount(username);
  noteSecurity(deps.log, 'admin made', { username: row.username });
  publishToUser(deps, row.id, { type: 'role' });
}
