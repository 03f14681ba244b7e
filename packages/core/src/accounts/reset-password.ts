import { randomInt } from 'node:crypto';
import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import { deleteLinks } from '../credentials/sign-in-links.js';
import type { CoreDeps } from '../deps.js';
import { hasIdentity } from '../doors/identity-statements.js';
import { noAccount } from '../no-account.js';
import { noteSecurity } from '../security-log.js';
import type { PasswordHasher } from '../sessions/password-hasher.js';
import { publishSessionEnded } from '../sessions/publish-session-ended.js';
import { endSessions, standingSessions } from '../sessions/standing-session.js';

/** Without those that look like others when they are read from paper. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789';

/**
 * Gives a person who forgot their password a new one, and ends all their sessions. For operators at the command line, so no actor. A
 * disabled account stays disabled.
 *
 * @returns the password, which is kept nowhere else: twenty of 31 signs in groups of five, some 99 random bits
 * @throws AppError USER_NOT_FOUND, UNAVAILABLE
 */
export async function resetPassword(deps: CoreDeps & { hasher: PasswordHasher }, username: string): Promise<string> {
  const password = Array.from({ length: 4 }, () => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('')).join('-');
  const passwordHash = await deps.hasher.hash(password);
  // Set the password first, then end the sessions: a sign-in with the old one that comes between the two is refused, so none is missed.
  const [row] = await deps.db.$queryRaw<{ id: string; username: string }[]>(Prisma.sql`
    with reset as (
      update users u set password_hash = ${passwordHash}
      where u.username = ${username.trim().toLowerCase()} and (u.password_hash is not null or ${hasIdentity})
      returning u.id, u.username
    ),
    void_links as (${deleteLinks(Prisma.sql`reset`, Prisma.sql`reset.id`, Prisma.sql`and l.kind = 'reset'`)}),
    audited as (${auditEntries(
      {
        event: 'password.reset',
        by: 'operator',
        subject: { kind: 'account', id: Prisma.sql`reset.id`, name: Prisma.sql`reset.username` },
      },
      Prisma.sql`reset`,
    )})
    select id, username from reset`);
  if (!row) throw noAccount(username);
  await deps.db.$executeRaw(Prisma.sql`
    with standing as (${standingSessions(row.id)})
    ${endSessions({ from: Prisma.sql`standing`, id: Prisma.sql`standing.id` })}`);
  noteSecurity(deps.log, 'password reset', { username: row.username });
  publishSessionEnded(deps, row.id, null);
  return password;
}
