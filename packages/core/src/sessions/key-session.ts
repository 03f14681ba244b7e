import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { newSecretToken } from './secret-token.js';

/**
 * Makes a session for a key.
 *
 * @param which.from sources, without the word `from`
 * @param which.userId the column of `from` with whose session it is, in SQL
 * @param which.only conditions on `from`: where they hold for no row, no session is made
 * @param which.expiresAt when the session ends, in ISO 8601; null for one that ends only when it is ended
 * @returns its id, and CTEs to stand after `from`, of which `session` has the new row
 */
export function newKeySession(which: { from: Prisma.Sql; userId: Prisma.Sql; only: Prisma.Sql; expiresAt: string | null }): {
  sessionId: string;
  ctes: Prisma.Sql;
} {
  const sessionId = uuidv7();
  // A process of an earlier version deletes sessions of which no token is good. Nobody has this one.
  const { hashHex } = newSecretToken();
  const ctes = Prisma.sql`
    session as (
      insert into sessions (id, user_id, kind, expires_at)
      select ${sessionId}::uuid, ${which.userId}, 'key', ${which.expiresAt}::timestamptz from ${which.from} where ${which.only}
      returning *
    ),
    kept as (
      insert into refresh_tokens (id, session_id, hash, expires_at)
      select ${uuidv7()}::uuid, session.id, decode(${hashHex}, 'hex'), now() + interval '100 years' from session
      returning id
    )`;
  return { sessionId, ctes };
}
