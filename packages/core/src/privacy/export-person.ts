import { Prisma } from '@parley/db';
import { ensureAdmin } from '../accounts/admin-guard.js';
import { recordAudit } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { exportAccount } from '../export/export-account.js';
import { noAccount } from '../no-account.js';
import type { Actor } from '../sessions/actor.js';

/**
 * Exports everything that the server keeps of a person, for an admin: the file that the person would get themselves. The audit log says that it was made.
 *
 * @throws AppError USER_NOT_FOUND, FORBIDDEN; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function* exportPerson(
  deps: Pick<CoreDeps, 'db' | 'log'>,
  actor: Actor,
  { username }: { username: string },
): AsyncGenerator<string, void> {
  await ensureAdmin(deps, actor, 'users.exportPerson');
  const [person] = await deps.db.$queryRaw<{ id: string }[]>(Prisma.sql`select u.id from users u where u.username = ${username}::text`);
  if (!person) throw noAccount(username);
  await recordAudit(deps, { event: 'person.exported', by: actor, subject: { kind: 'account', id: person.id, name: username } });
  yield* exportAccount(deps, { userId: person.id });
}
