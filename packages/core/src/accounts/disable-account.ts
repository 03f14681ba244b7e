import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { decidedHere, noteScimDisabled } from '../doors/identity-statements.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from '../sessions/actor.js';
import { adminAs, whyNoAccount } from './admin-guard.js';
import { publishSessionEnded } from '../sessions/publish-session-ended.js';
import { accountOpen, endSessions, standingSessions } from '../sessions/standing-session.js';

/**
 * Disables an account and its bots: the person can no longer sign in, and all their sessions end. When this returns, no write of theirs will commit
 * any more. Their messages and memberships stay. Repeating it changes nothing; {@link enableAccount} takes it back.
 *
 * @param by the admin who asks; null for an operator at the command line
 * @throws AppError USER_NOT_FOUND; FORBIDDEN unless `by` is an admin; VALIDATION if the account is `by`'s own; SESSION_REVOKED,
 * ACCOUNT_DISABLED
 */
export async function disableAccount(deps: CoreDeps, by: Actor | null, { username }: { username: string }): Promise<void> {
  if (by?.username === username.trim().toLowerCase()) {
    throw new AppError('VALIDATION', 'You cannot disable your own account. Ask another admin, or remove it in the settings.', {
      field: 'username',
    });
  }
  // Disable the account first, then end its sessions: a sign-in that comes between the two is refused, so no session is missed.
  const rows = await deps.db.$queryRaw<{ id: string; username: string }[]>(Prisma.sql`
    with admin as (${adminAs(by, 'users.disable')}),
    named as (select u.id from users u where u.username = ${username.trim().toLowerCase()}),
    closed as (
      update users u set disabled_at = coalesce(u.disabled_at, now())
      from admin, named where u.id = named.id or u.owner_id = named.id
      returning u.id, u.username
    ),
    decided as (${decidedHere(Prisma.sql`closed`, Prisma.sql`closed.id`)}),
    audited as (${auditEntries(
      {
        event: 'account.disabled',
        by: by ?? 'operator',
        subject: { kind: 'account', id: Prisma.sql`closed.id`, name: Prisma.sql`closed.username` },
        detail: Prisma.sql`jsonb_build_object('bots', (select count(*) - 1 from closed))`,
      },
      Prisma.sql`closed join named on named.id = closed.id`,
    )})
    select id, username from closed`);
  if (rows.length === 0) throw await whyNoAccount(deps, username, by, 'users.disable');
  for (const row of rows) noteSecurity(deps.log, 'account disabled', { userId: by?.userId, username: row.username });
  for (const row of rows) await endEverything(deps, row.id);
}

/**
 * Does what {@link disableAccount} does because a provider says that somebody is there no more. Only whom a provider disabled it may open again:
 * see `enableByProvider`.
 *
 * @throws AppError UNAVAILABLE
 */
export async function disableByProvider(deps: CoreDeps, provider: string, identityId: string): Promise<void> {
  const rows = await deps.db.$queryRaw<{ id: string; username: string; closed: boolean }[]>(Prisma.sql`
    with known as (select i.user_id from identities i where i.id = ${identityId}::uuid and i.provider = ${provider}::text),
    closed as (
      update users u set disabled_at = now()
      from known where (u.id = known.user_id or u.owner_id = known.user_id) and ${accountOpen}
      returning u.id, u.username
    ),
    noted as (${noteScimDisabled(identityId, Prisma.sql`closed join known on known.user_id = closed.id`)}),
    audited as (${auditEntries(
      {
        event: 'account.disabled',
        by: { provider },
        subject: { kind: 'account', id: Prisma.sql`closed.id`, name: Prisma.sql`closed.username` },
        detail: Prisma.sql`jsonb_build_object('bots', (select count(*) - 1 from closed))`,
      },
      Prisma.sql`closed join known on known.user_id = closed.id`,
    )})
    select u.id, u.username, exists (select 1 from closed where closed.id = u.id) as closed
    from users u join known on u.id = known.user_id or u.owner_id = known.user_id`);
  for (const row of rows) if (row.closed) noteSecurity(deps.log, 'account disabled', { username: row.username });
  // Of all, also where they were closed already: a call that broke off is repeated.
  for (const row of rows) await endEverything(deps, row.id);
}

/**
 * Ends all by which an account acts: sign-ins and keys with their sockets, streams and tickets, on every instance. The account must have been
 * closed before, so that nobody signs in between. When this returns, no write of it is under way or will commit.
 */
async function endEverything(deps: CoreDeps, userId: string): Promise<void> {
  await deps.db.$executeRaw(Prisma.sql`
    with standing as (${standingSessions(userId)})
    ${endSessions({ from: Prisma.sql`standing`, id: Prisma.sql`standing.id` })}`);
  publishSessionEnded(deps, userId, null);
}
