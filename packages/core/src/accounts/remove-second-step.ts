import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import { deleteSecondStep } from '../credentials/second-step.js';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { adminAs, whyNoAccount } from './admin-guard.js';

/**
 * Turns the codes of an account off, for somebody who lost their app and their recovery codes. Their password stays as it is.
 *
 * @param by the admin who asks; null for an operator at the command line
 * @throws AppError USER_NOT_FOUND; FORBIDDEN unless `by` is an admin; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function removeSecondStepOf(deps: Pick<CoreDeps, 'db'>, by: Actor | null, { username }: { username: string }): Promise<void> {
  const [row] = await deps.db.$queryRaw<unknown[]>(Prisma.sql`
    with admin as (${adminAs(by, 'users.removeSecondStep')}),
    named as (select u.id, u.username from users u cross join admin where u.username = ${username.trim().toLowerCase()}),
    ${deleteSecondStep(Prisma.sql`named`, Prisma.sql`named.id`)},
    audited as (${auditEntries(
      {
        event: 'second-step.off',
        by: by ?? 'operator',
        subject: { kind: 'account', id: Prisma.sql`named.id`, name: Prisma.sql`named.username` },
      },
      Prisma.sql`named join gone_step on gone_step.user_id = named.id`,
    )})
    select 1 as one from named`);
  if (!row) throw await whyNoAccount(deps, username, by, 'users.removeSecondStep');
}
