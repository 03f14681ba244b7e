import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { accountJson, type AccountRow } from '../protocol/account-rows.js';
import { noteSecurity } from '../security-log.js';
import type { AccessTokens } from '../sessions/access-tokens.js';
import { TriedAccount } from '../sessions/login.js';
import { newSession, signedIn, type SignedIn } from '../sessions/signed-in.js';
import { accountClosed, accountOpen } from '../sessions/standing-session.js';
import type { Vault } from '../sessions/vault.js';
import { checkCode } from './second-step.js';

/**
 * The second step of a sign-in: a code of the account's app, or a recovery code. Each is good once. A password that changed since the
 * first step makes it void.
 *
 * @throws AppError STEP_OVER; CODE_WRONG naming `code`; RATE_LIMITED; ACCOUNT_DISABLED
 */
export async function finishSignIn(
  deps: Pick<CoreDeps, 'db' | 'log'> & { tokens: AccessTokens; vault: Vault },
  { step, code }: { step: string; code: string },
): Promise<SignedIn> {
  const { userId, isFor } = await deps.tokens.steps.verify(step);
  const [found] = await deps.db.$queryRaw<{ username: string; passwordHash: string | null; disabled: boolean }[]>(Prisma.sql`
    select u.username, u.password_hash as "passwordHash", ${accountClosed} as disabled from users u where u.id = ${userId}::uuid`);
  if (!found || !isFor(found.passwordHash)) throw new AppError('STEP_OVER');
  const { username, passwordHash } = found;
  const cause = new TriedAccount(userId, username);
  if (found.disabled) throw new AppError('ACCOUNT_DISABLED', undefined, { cause });
  const used = await checkCode(deps, userId, code).catch((error: unknown) => {
    throw AppError.is(error, 'CODE_WRONG') ? new AppError(error.code, error.message, { ...error.details, cause }) : error;
  });
  const { sessionId, refreshToken, ctes } = newSession('password');
  const [row] = await deps.db.$queryRaw<{ account: AccountRow }[]>(Prisma.sql`
    with used as (${used}),
    account as (
      select u.* from users u join used on used.user_id = u.id
      where u.id = ${userId}::uuid and u.password_hash is not distinct from ${passwordHash}::text and ${accountOpen}
      for share of u
    ),
    ${ctes},
    audited as (${auditEntries({ event: 'session.began', by: { userId, sessionId, username }, detail: { secondStep: true } }, Prisma.sql`session`)})
    select ${accountJson('account')} as account from account`);
  if (!row) throw new AppError('CODE_WRONG', undefined, { field: 'code', cause });
  noteSecurity(deps.log, 'signed in', { userId, username });
  return await signedIn(deps.tokens, row.account, sessionId, refreshToken);
}
