import { currentCall } from '@parley/bus';
import type { SignedInView, SignInMethod } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import type { AccessTokens } from './access-tokens.js';
import { accountView, type AccountRow } from '../protocol/account-rows.js';
import { newSecretToken } from './secret-token.js';

/** What every way to sign in returns. */
export type SignedIn = Required<Omit<SignedInView, 'token'>>;

/** How many days a session lasts without use. Each exchange of a refresh token starts the count anew. */
export const sessionIdleDays = 30;

export interface NewSession {
  sessionId: string;
  refreshToken: string;
  /** CTEs `session` and `token`, to stand after one named `account` that has the columns of `users`. */
  ctes: Prisma.Sql;
}

/** Where the current call comes from, and what by: values of `user_agent` and `address` of a session. */
export function currentDevice(): Prisma.Sql {
  const { userAgent = null, address = null } = currentCall() ?? {};
  return Prisma.sql`${userAgent}::text, ${address}::text`;
}

/**
 * Makes a session and its first refresh token. The statement that finds or makes the account writes both, by `ctes`.
 *
 * @param how what proved who it is
 */
export function newSession(how: SignInMethod): NewSession {
  const sessionId = uuidv7();
  const { token, hashHex } = newSecretToken();
  const ctes = Prisma.sql`
    session as (
      insert into sessions (id, user_id, kind, how, last_used_at, user_agent, address)
      select ${sessionId}::uuid, account.id, 'login', ${how}::text, now(), ${currentDevice()} from account returning id
    ),
    token as (
      insert into refresh_tokens (id, session_id, hash, expires_at)
      select ${uuidv7()}::uuid, session.id, decode(${hashHex}, 'hex'), now() + ${sessionIdleDays}::int * interval '1 day' from session
      returning id
    )`;
  return { sessionId, refreshToken: token, ctes };
}

export async function signedIn(tokens: AccessTokens, account: AccountRow, sessionId: string, refreshToken: string): Promise<SignedIn> {
  const user = accountView(account);
  const issued = await tokens.issue({ userId: user.id, sessionId, username: user.username, role: user.role });
  return { user, ...issued, refreshToken };
}
