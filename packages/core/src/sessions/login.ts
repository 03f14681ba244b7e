import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import type { AccessTokens } from './access-tokens.js';
import { accountJson, type AccountRow } from '../protocol/account-rows.js';
import type { PasswordHasher } from './password-hasher.js';
import { newSession, signedIn, type SignedIn } from './signed-in.js';
import { accountClosed, accountOpen } from './standing-session.js';

export interface LoginInput {
  username: string;
  password: string;
}

/**
 * The account that a sign-in which failed had tried: the cause of its error, for the log alone. There is none where no account has the
 * name, because what was typed as a name may be a password.
 */
export class TriedAccount {
  readonly userId: string;
  readonly username: string;

  constructor(userId: string, username: string) {
    this.userId = userId;
    this.username = username;
  }
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
 * @throws AppError INVALID_CREDENTIALS, ACCOUNT_DISABLED, UNAVAILABLE; SECOND_STEP with `step`, by which `finishSignIn` goes on, where the
 * account asks for a code too
 */
export async function login(
  deps: Pick<CoreDeps, 'db' | 'log'> & { hasher: PasswordHasher; tokens: AccessTokens },
  input: LoginInput,
): Promise<SignedIn> {
  const [found] = await deps.db.$queryRaw<CredentialsRow[]>(Prisma.sql`
    select u.id, u.password_hash as "passwordHash", ${accountClosed} as disabled
    from users u where u.username = ${input.username}`);
  const matches = found?.passwordHash
    ? await deps.hasher.verify(found.passwordHash, input.password)
    : await deps.hasher.verifyNothing(input.password);
  if (!found) throw new AppError('INVALID_CREDENTIALS');
  const account = new TriedAccount(found.id, input.username);
  if (!matches) throw new AppError('INVALID_CREDENTIALS', undefined, { cause: account });
  if (found.disabled) throw new AppError('ACCOUNT_DISABLED', undefined, { cause: account });

  const { sessionId, refreshToken, ctes } = newSession('password');
  // Hashing takes a while, so check that the account is still as it was. The lock waits for a password change at this moment, so that the
  // new password counts.
  const [row] = await deps.db.$queryRaw<{ account: AccountRow | null }[]>(Prisma.sql`
    with matched as (
      select u.* from users u
      where u.id = ${found.id}::uuid and u.password_hash = ${found.passwordHash} and ${accountOpen}
      for share of u
    ),
    account as (
      select matched.* from matched
      where not exists (select 1 from second_steps t where t.user_id = matched.id and t.confirmed_at is not null)
    ),
    ${ctes},
    audited as (${auditEntries({ event: 'session.began', by: { userId: found.id, sessionId, username: input.username } }, Prisma.sql`session`)})
    select (select ${accountJson('account')} from account) as account from matched`);
  if (!row) throw new AppError('INVALID_CREDENTIALS', undefined, { cause: account });
  if (!row.account) throw new AppError('SECOND_STEP', undefined, { step: await deps.tokens.steps.issue(found.id, found.passwordHash) });
  noteSecurity(deps.log, 'signed in', { userId: account.userId, username: account.username });
  return await signedIn(deps.tokens, row.account, sessionId, refreshToken);
}
