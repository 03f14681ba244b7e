import { timingSafeEqual } from 'node:crypto';
import { AppError, type KeyScope } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { accountClosed, openSessions } from '../sessions/standing-session.js';

/** How old the noted use of a key may get before it is noted again, in seconds: one write a minute, however often the key is used. */
const usedAgainSeconds = 60;

interface KeyRow {
  userId: string;
  username: string;
  isAdmin: boolean;
  disabled: boolean;
  stands: boolean;
  hash: Uint8Array;
  scopes: KeyScope[];
  roomIds: string[] | null;
  expiresAt: Date | null;
  stale: boolean;
}

/**
 * Who acts by a key.
 *
 * @param key.hashHex the hash of the key that was shown, in hex
 * @throws AppError UNAUTHENTICATED for a key that never was, SESSION_REVOKED for one that was revoked or whose time is over,
 * ACCOUNT_DISABLED
 */
export async function loadKeyActor(
  { db, log }: Pick<CoreDeps, 'db' | 'log'>,
  { sessionId, hashHex }: { sessionId: string; hashHex: string },
): Promise<Actor> {
  const [row] = await db.$queryRaw<KeyRow[]>(Prisma.sql`
    select u.id as "userId", u.username, u.is_admin as "isAdmin", ${accountClosed} as disabled,
      exists (select 1 from ${openSessions} where s.id = k.session_id) as stands,
      k.hash, k.scopes, k.room_ids::text[] as "roomIds", held.expires_at as "expiresAt",
      k.last_used_at is null or k.last_used_at < now() - ${usedAgainSeconds}::int * interval '1 second' as stale
    from keys k join sessions held on held.id = k.session_id join users u on u.id = held.user_id
    where k.session_id = ${sessionId}::uuid`);
  if (!row || !timingSafeEqual(row.hash, Buffer.from(hashHex, 'hex'))) throw new AppError('UNAUTHENTICATED', 'There is no such key.');
  if (row.disabled) throw new AppError('ACCOUNT_DISABLED');
  if (!row.stands) throw new AppError('SESSION_REVOKED', 'This key was revoked, or its time is over. Make a new one.');
  // Not awaited: a database that takes no writes must not keep out who reads.
  if (row.stale) void noteUse({ db }, sessionId).catch((error: unknown) => log.warn({ err: error }, 'the use of a key was not noted'));
  return {
    userId: row.userId,
    sessionId,
    username: row.username,
    role: row.isAdmin ? 'admin' : 'user',
    expiresAt: row.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY,
    key: { scopes: row.scopes, roomIds: row.roomIds },
  };
}

async function noteUse({ db }: Pick<CoreDeps, 'db'>, sessionId: string): Promise<void> {
  await db.$executeRaw(Prisma.sql`update keys k set last_used_at = now() where k.session_id = ${sessionId}::uuid`);
}
