import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { adminAs, ensureAdmin } from './admin-guard.js';

/**
 * Revokes an invitation: it makes no more accounts; those that it made stay. To revoke one again changes nothing.
 *
 * @throws AppError NOT_FOUND for one that never was; FORBIDDEN; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function revokeInvite({ db }: Pick<CoreDeps, 'db'>, by: Actor, inviteId: string): Promise<void> {
  const [row] = await db.$queryRaw<unknown[]>(Prisma.sql`
    with admin as (${adminAs(by, 'invites.revoke')}),
    named as (select i.id, i.expires_at from invites i cross join admin where i.id = ${inviteId}::uuid for no key update of i),
    ended as (update invites i set expires_at = now() from named where i.id = named.id and named.expires_at > now() returning i.id),
    audited as (${auditEntries({ event: 'invitation.revoked', by, subject: { kind: 'invitation', id: Prisma.sql`ended.id` } }, Prisma.sql`ended`)})
    select 1 as one from named`);
  if (row) return;
  await ensureAdmin({ db }, by, 'invites.revoke');
  throw new AppError('NOT_FOUND', 'There is no such invitation.');
}
