import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { AccessTokens } from './access-tokens.js';
import { accountJson, type AccountRow } from '../protocol/account-rows.js';
import type { PasswordHasher } from './password-hasher.js';
import { newSession, signedIn, type SignedIn } from './signed-in.js';
import { accountClosed, accountOpen } from './standing-session.js';

export interface LoginInput {
  username: string;
  password: string;
}

interface CredentialsRow {
  id: string;
  passwordHash: string | null;
  disabled: boolean;
}

/**
 * Signs a person in, with a new session beside those they have. An unknown name costs the same hashing as a wrong password. Only someone
 * who knows the password is told that an account is disabled.
 *
 * @throws AppError INVALID_CREDENTIALS, ACCOUNT_DISABLED, UNAVAILABLE
 */
export async function login(
  deps: Pick<CoreDeps, 'db'> & { hasher: PasswordHasher; tokens: AccessTokens },
  input: LoginInput,
): Promise<SignedIn> {
  const [found] = await deps.db.$queryRaw<CredentialsRow[]>(Prisma.sql`
    select u.id, u.password_hash as "passwordHash", ${accountClosed} as disabled
    from users u where u.username = ${input.username}`);
  const matches = found?.passwordHash
    ? await deps.hasher.verify(found.passwordHash, input.password)
    : await deps.hasher.verifyNothing(input.password);
  if (!found || !matches) throw new AppError('INVALID_CREDENTIALS');
  if (found.disabled) throw new AppError('ACCOUNT_DISABLED');

  const { sessionId, refreshToken, ctes } = newSession();
  // Hashing takes a while, so check that the account is still as it was. The lock waits for a password change at this moment, so that the
  // new password counts.
  const [row] = await deps.db.$queryRaw<{ account: AccountRow }[]>(Prisma.sql`
    with account as (
      select u.* from users u
      where u.id = ${found.id}::uuid and u.password_hash = ${found.passwordHash} and ${accountOpen}
      for share of u
    ),
    ${ctes}
    select ${accountJson('account')} as account from account`);
  if (!row) throw new AppError('INVALID_CREDENTIALS');
  return await signedIn(deps.tokens, row.account, sessionId, refreshToken);
}
