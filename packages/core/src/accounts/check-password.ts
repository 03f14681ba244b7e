import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { loadActor } from '../sessions/load-actor.js';
import type { PasswordHasher } from '../sessions/password-hasher.js';

/**
 * Checks the actor's password again, before a step that cannot be undone.
 *
 * @returns the stored hash that the password matched, for the statement that acts on it
 * @throws AppError INVALID_CREDENTIALS naming `field`; SESSION_REVOKED, ACCOUNT_DISABLED, UNAVAILABLE
 */
export async function checkPassword(
  deps: Pick<CoreDeps, 'db'> & { hasher: PasswordHasher },
  actor: Actor,
  password: string,
  field: string,
): Promise<string> {
  await loadActor(deps, actor.userId, actor.sessionId);
  const [row] = await deps.db.$queryRaw<{ passwordHash: string | null }[]>(Prisma.sql`
    select password_hash as "passwordHash" from users where id = ${actor.userId}::uuid`);
  if (row && row.passwordHash === null) {
    throw new AppError('INVALID_CREDENTIALS', 'This account has no password: its person signs in by a provider.', { field });
  }
  if (!row?.passwordHash || !(await deps.hasher.verify(row.passwordHash, password))) {
    throw new AppError('INVALID_CREDENTIALS', 'The password is wrong.', { field });
  }
  return row.passwordHash;
}
