import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { decidedHere, hasIdentity, takeScimDisabled } from '../doors/identity-statements.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from '../sessions/actor.js';
import { adminAs, whyNoAccount } from './admin-guard.js';

/**
 * Lets a person whose account was disabled sign in again, and their bots act again. Their earlier sessions stay ended. Repeating it changes nothing.
 *
 * @param by the admin who asks; null for an operator at the command line
 * @throws AppError USER_NOT_FOUND, also for an account that was removed; FORBIDDEN unless `by` is an admin; SESSION_REVOKED,
 * ACCOUNT_DISABLED
 */
export async function enableAccount(
  deps: Pick<CoreDeps, 'db' | 'log'>,
  by: Actor | null,
  { username }: { username: string },
): Promise<void> {
  // A removed account has neither a password nor an owner, and nobody at a provider is it.
  const rows = await deps.db.$queryRaw<{ username: string }[]>(Prisma.sql`
    with admin as (${adminAs(by, 'users.enable')}),
    named as (
      select u.id from users u
      where u.username = ${username.trim().toLowerCase()} and (u.password_hash is not null or u.owner_id is not null or ${hasIdentity})
    ),
    opened as (
      update users u set disabled_at = null
      from admin, named where u.id = named.id or u.owner_id = named.id
      returning u.id, u.username
    ),
    decided as (${decidedHere(Prisma.sql`opened`, Prisma.sql`opened.id`)}),
    audited as (${auditEntries(
      {
        event: 'account.enabled',
        by: by ?? 'operator',
        subject: { kind: 'account', id: Prisma.sql`opened.id`, name: Prisma.sql`opened.username` },
      },
      Prisma.sql`opened join named on named.id = opened.id`,
    )})
    select username from opened`);
  if (rows.length === 0) throw await whyNoAccount(deps, username, by, 'users.enable');
  for (const row of rows) noteSecurity(deps.log, 'account enabled', { userId: by?.userId, username: row.username });
}

/**
 * Opens an account again, and its bots, that this provider had disabled. One that was disabled here stays so.
 *
 * @throws AppError UNAVAILABLE
 */
export async function enableByProvider(deps: Pick<CoreDeps, 'db' | 'log'>, provider: string, identityId: string): Promise<void> {
  const rows = await deps.db.$queryRaw<{ username: string }[]>(Prisma.sql`
    with known as (${takeScimDisabled(identityId, provider)}),
    opened as (
      update users u set disabled_at = null from known where u.id = known.user_id or u.owner_id = known.user_id
      returning u.id, u.username
    ),
    audited as (${auditEntries(
      {
        event: 'account.enabled',
        by: { provider },
        subject: { kind: 'account', id: Prisma.sql`opened.id`, name: Prisma.sql`opened.username` },
      },
      Prisma.sql`opened join known on known.user_id = opened.id`,
    )})
    select username from opened`);
  for (const row of rows) noteSecurity(deps.log, 'account enabled', { username: row.username });
}
