import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { setGaveAdmin } from '../doors/identity-statements.js';
import { publishToUser } from '../protocol/publish-to-user.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from '../sessions/actor.js';
import { accountOpen } from '../sessions/standing-session.js';
import { adminAs, whyNoAccount } from './admin-guard.js';

/**
 * Makes a person an admin of the instance, or one no more, and tells every API that serves them; repeating it changes nothing.
 *
 * @param by the admin who asks; null for an operator at the command line
 * @throws AppError USER_NOT_FOUND, also for a bot and a closed account; VALIDATION for an admin who takes their own rights away; FORBIDDEN unless `by` is an admin;
 * SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function setAdmin(
  deps: Pick<CoreDeps, 'db' | 'bus' | 'log'>,
  by: Actor | null,
  { username, admin }: { username: string; admin: boolean },
): Promise<void> {
  const name = username.trim().toLowerCase();
  // So that there is always one left: whoever takes the rights of all others keeps their own.
  if (by?.username === name && !admin)
    throw new AppError('VALIDATION', 'You cannot take your own rights away. Ask another admin.', { field: 'username' });
  const [row] = await deps.db.$queryRaw<{ id: string; username: string }[]>(Prisma.sql`
    with by_admin as (${adminAs(by, 'admin.setAdmin')}),
    made as (
      update users u set is_admin = ${admin}::boolean from by_admin
      where u.username = ${name} and u.owner_id is null and (${accountOpen} or not ${admin}::boolean)
      returning u.id, u.username
    ),
    -- From now on no group takes it back.
    by_hand as (${setGaveAdmin(Prisma.sql`made`, Prisma.sql`made.id`, Prisma.sql`false`)}),
    audited as (${auditEntries(
      {
        event: admin ? 'admin.made' : 'admin.unmade',
        by: by ?? 'operator',
        subject: { kind: 'account', id: Prisma.sql`made.id`, name: Prisma.sql`made.username` },
      },
      Prisma.sql`made`,
    )})
    select id, username from made`);
  if (!row) throw await whyNoAccount(deps, username, by, 'admin.setAdmin');
  noteSecurity(deps.log, admin ? 'admin made' : 'admin unmade', { userId: by?.userId, username: row.username });
  publishToUser(deps, row.id, { type: 'role' });
}
