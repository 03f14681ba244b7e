import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { provedLately } from '../doors/identity-statements.js';
import type { Actor } from '../sessions/actor.js';
import type { PasswordHasher } from '../sessions/password-hasher.js';
import { checkPassword } from './check-password.js';

/**
 * Makes sure, before a step that cannot be undone, that it is the person who acts and not somebody at their open page: by the password, or,
 * for an account without one, by a sign-in at its provider a moment ago.
 *
 * @param password as it was typed; undefined if none was asked for
 * @returns the stored hash that the password matched; null for an account without one
 * @throws AppError INVALID_CREDENTIALS naming `field`; FRESH_SIGN_IN_NEEDED; SESSION_REVOKED, ACCOUNT_DISABLED, UNAVAILABLE
 */
export async function provePerson(
  deps: Pick<CoreDeps, 'db'> & { hasher: PasswordHasher },
  actor: Actor,
  password: string | undefined,
  field: string,
): Promise<string | null> {
  const [row] = await deps.db.$queryRaw<{ hasPassword: boolean; proved: boolean }[]>(Prisma.sql`
    select u.password_hash is not null as "hasPassword", ${provedLately(actor.sessionId)} as proved from users u where u.id = ${actor.userId}::uuid`);
  if (row?.hasPassword !== false) return await checkPassword(deps, actor, password ?? '', field);
  if (!row.proved) throw new AppError('FRESH_SIGN_IN_NEEDED');
  return null;
}
