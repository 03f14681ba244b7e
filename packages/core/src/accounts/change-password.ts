import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import { deleteLinks } from '../credentials/sign-in-links.js';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from '../sessions/actor.js';
import { checkPassword } from './check-password.js';
import { getAccount } from './get-account.js';
import { refuseWeakPassword } from './refuse-weak-password.js';
import { refuseInactive } from '../sessions/load-actor.js';
import { publishSessionEnded } from '../sessions/publish-session-ended.js';
import type { PasswordHasher } from '../sessions/password-hasher.js';
import { accountOpen, endSessions, standingSessions } from '../sessions/standing-session.js';

/**
 * Sets a new password and ends all the actor's other sessions: when this returns, no write of those sessions is under way or will
 * commit.
 *
 * A sign-in with the old password at the same moment either finds the password changed, or is ended with the other sessions: the sign-in
 * locks the account for share, so the change waits for it, and sessions that began meanwhile are ended afterwards.
 *
 * @throws AppError INVALID_CREDENTIALS naming `currentPassword`; VALIDATION naming `newPassword` if it is easy to guess; SESSION_REVOKED, ACCOUNT_DISABLED; CONFLICT; UNAVAILABLE
 */
export async function changePassword(
  deps: CoreDeps & { hasher: PasswordHasher },
  actor: Actor,
  input: { currentPassword: string; newPassword: string },
): Promise<void> {
  const oldHash = await checkPassword(deps, actor, input.currentPassword, 'currentPassword');
  const { username, displayName } = await getAccount(deps, actor);
  refuseWeakPassword(input.newPassword, [username, displayName], 'newPassword');
  const newHash = await deps.hasher.hash(input.newPassword);
  const [row] = await deps.db.$queryRaw<{ stands: boolean; changed: boolean; ended: string[] }[]>(Prisma.sql`
    with standing as (${standingSessions(actor.userId)}),
    changed as (
      update users u set password_hash = ${newHash}
      where u.id = ${actor.userId}::uuid and u.password_hash = ${oldHash} and ${accountOpen}
        and exists (select 1 from standing where standing.id = ${actor.sessionId}::uuid)
      returning u.id
    ),
    audited as (${auditEntries({ event: 'password.changed', by: actor }, Prisma.sql`changed`)}),
    void_links as (${deleteLinks(Prisma.sql`changed`, Prisma.sql`changed.id`, Prisma.sql`and l.kind = 'reset'`)}),
    ended as (${endSessions({
      from: Prisma.sql`standing cross join changed`,
      id: Prisma.sql`standing.id`,
      only: Prisma.sql`and s.id <> ${actor.sessionId}::uuid`,
    })})
    select exists (select 1 from standing where id = ${actor.sessionId}::uuid) as stands, exists (select 1 from changed) as changed,
      (select coalesce(json_agg(id), '[]') from ended) as ended`);
  if (!row?.stands) return await refuseInactive(deps, actor);
  if (!row.changed) throw new AppError('CONFLICT', 'Your password changed at the same moment. Sign in again.');
  noteSecurity(deps.log, 'password changed', { userId: actor.userId, username });
  for (const sessionId of [...row.ended, ...(await endOthers(deps, actor))]) publishSessionEnded(deps, actor.userId, sessionId);
}

async function endOthers(deps: Pick<CoreDeps, 'db'>, actor: Actor): Promise<string[]> {
  const rows = await deps.db.$queryRaw<{ id: string }[]>(Prisma.sql`
    with standing as (${standingSessions(actor.userId)})
    ${endSessions({ from: Prisma.sql`standing`, id: Prisma.sql`standing.id`, only: Prisma.sql`and s.id <> ${actor.sessionId}::uuid` })}`);
  return rows.map(({ id }) => id);
}
