import { AppError, type ResetLink } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import { deleteLinks, newLink, useLink } from '../credentials/sign-in-links.js';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from '../sessions/actor.js';
import type { PasswordHasher } from '../sessions/password-hasher.js';
import { publishSessionEnded } from '../sessions/publish-session-ended.js';
import { hashSecretToken } from '../sessions/secret-token.js';
import { accountOpen, endSessions, standingSessions } from '../sessions/standing-session.js';
import { adminAs, whyNoAccount } from './admin-guard.js';
import { refuseWeakPassword } from './refuse-weak-password.js';

/**
 * Makes a link by which a person sets a new password, once, within an hour. Nothing changes until it is used.
 *
 * @param by the admin who asks; null for an operator at the command line
 * @throws AppError USER_NOT_FOUND, also for an account without a password; FORBIDDEN unless `by` is an admin; SESSION_REVOKED
 */
export async function makeResetLink(
  deps: Pick<CoreDeps, 'db' | 'log'>,
  by: Actor | null,
  { username }: { username: string },
): Promise<ResetLink> {
  const { code, insert } = newLink('reset', Prisma.sql`named`, Prisma.sql`named.id`);
  const [row] = await deps.db.$queryRaw<{ expiresAt: Instant }[]>(Prisma.sql`
    with admin as (${adminAs(by, 'users.resetLink')}),
    named as (
      select u.id, u.username from users u cross join admin
      where u.username = ${username.trim().toLowerCase()} and u.password_hash is not null and ${accountOpen}
    ),
    link as (${insert}),
    audited as (${auditEntries(
      {
        event: 'password.link',
        by: by ?? 'operator',
        subject: { kind: 'account', id: Prisma.sql`named.id`, name: Prisma.sql`named.username` },
      },
      Prisma.sql`named`,
    )})
    select expires_at as "expiresAt" from link`);
  if (!row) throw await whyNoAccount(deps, username, by, 'users.resetLink');
  noteSecurity(deps.log, 'reset link made', { userId: by?.userId, username });
  return { code, expiresAt: toIso(row.expiresAt) };
}

/**
 * Sets the password of whoever has a link, and ends all sessions of the account. The link, and every other one of the account, is void
 * then. It signs nobody in: a second step of the account is asked for as ever.
 *
 * @returns whose account it is
 * @throws AppError LINK_OVER; VALIDATION naming `password`; UNAVAILABLE
 */
export async function resetByLink(
  deps: CoreDeps & { hasher: PasswordHasher },
  { code, password }: { code: string; password: string },
): Promise<{ username: string }> {
  const hashHex = hashSecretToken(code);
  const [owner] = await deps.db.$queryRaw<{ username: string; displayName: string }[]>(Prisma.sql`
    select u.username, u.display_name as "displayName" from sign_in_links l join users u on u.id = l.user_id
    where l.hash = decode(${hashHex}, 'hex') and l.kind = 'reset' and l.expires_at > now() and ${accountOpen}`);
  if (!owner) throw new AppError('LINK_OVER');
  refuseWeakPassword(password, [owner.username, owner.displayName], 'password');
  const passwordHash = await deps.hasher.hash(password);
  // The password first, then the sessions: a sign-in with the old one that comes between the two is refused, so none is missed.
  const [row] = await deps.db.$queryRaw<{ id: string; username: string }[]>(Prisma.sql`
    with link as (${useLink('reset', hashHex)}),
    changed as (
      update users u set password_hash = ${passwordHash} from link
      where u.id = link.user_id and u.password_hash is not null and ${accountOpen}
      returning u.id, u.username
    ),
    void_links as (${deleteLinks(Prisma.sql`changed`, Prisma.sql`changed.id`, Prisma.sql`and l.kind = 'reset' and l.hash <> decode(${hashHex}, 'hex')`)}),
    audited as (${auditEntries(
      {
        event: 'password.reset',
        by: 'system',
        subject: { kind: 'account', id: Prisma.sql`changed.id`, name: Prisma.sql`changed.username` },
        detail: { by: 'link' },
      },
      Prisma.sql`changed`,
    )})
    select id, username from changed`);
  if (!row) throw new AppError('LINK_OVER');
  await deps.db.$executeRaw(Prisma.sql`
    with standing as (${standingSessions(row.id)})
    ${endSessions({ from: Prisma.sql`standing`, id: Prisma.sql`standing.id` })}`);
  noteSecurity(deps.log, 'password reset', { username: row.username });
  publishSessionEnded(deps, row.id, null);
  return { username: row.username };
}
