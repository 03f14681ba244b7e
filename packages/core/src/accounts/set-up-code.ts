import { createHash } from 'node:crypto';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { newSecretToken } from '../sessions/secret-token.js';

/** The first account takes this handle as a mark. No person can take it, because a username cannot contain `#`. */
export const firstAccountMark = '#first-account';

/** How long a set-up code is good. A start makes a new one as long as it is needed. */
const goodForDays = 1;

/**
 * The hash under which a set-up code is kept among the invitations. It begins with a byte that no text has in UTF-8, so that no invitation,
 * whatever somebody types, has the hash of a set-up code, nor the other way about.
 */
export function hashSetUpCode(code: string): string {
  return createHash('sha256').update(Buffer.of(0xff)).update(code, 'utf8').digest('hex');
}

/** Condition: the instance has no first account yet, and no admin. */
export const isWithoutFirstAccount = Prisma.sql`(
  not exists (select 1 from handles where handle = ${firstAccountMark}) and not exists (select 1 from users where is_admin))`;

/**
 * Makes a code that makes the first account, an admin, whatever the registration: for an instance to which others can come. Several
 * processes that start at once each make one; the first that is used is the last that is good. Of two that are used at one moment one
 * makes the admin, and the other an account like any other: both were shown to the operator alone.
 *
 * @returns the code, which is kept nowhere else; null if the instance has its first account
 */
export async function createSetUpCode({ db }: Pick<CoreDeps, 'db'>): Promise<string | null> {
  const { token } = newSecretToken();
  const rows = await db.$queryRaw<unknown[]>(Prisma.sql`
    insert into invites (hash, expires_at, room_ids)
    select decode(${hashSetUpCode(token)}, 'hex'), now() + ${goodForDays}::int * interval '1 day', null where ${isWithoutFirstAccount}
    returning 1 as one`);
  return rows.length > 0 ? token : null;
}
