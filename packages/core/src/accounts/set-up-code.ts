import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { hashSecretToken, newSecretToken } from '../sessions/secret-token.js';

/** The first account takes this handle as a mark. No person can take it, because a username cannot contain `#`. */
export const firstAccountMark = '#first-account';

/** How long a set-up code is good. A start makes a new one as long as it is needed. */
const goodForDays = 1;

/**
 * The hash under which a set-up code is kept among the invitations. It is another than that of an invitation with the same letters, so
 * that an invitation makes no admin.
 */
export function hashSetUpCode(code: string): string {
  return hashSecretToken(`set-up ${code}`);
}

/** Condition: the instance has no first account yet, and no admin. */
export const isWithoutFirstAccount = Prisma.sql`(
  not exists (select 1 from handles where handle = ${firstAccountMark}) and not exists (select 1 from users where is_admin))`;

/**
 * Makes a code that makes the first account, an admin, whatever the registration: for an instance to which others can come. Several
 * processes that start at once each make one; the first that is used is the last that is good.
 *
 * @returns the code, which is kept nowhere else; null if the instance has its first account
 */
export async function createSetUpCode({ db }: Pick<CoreDeps, 'db'>): Promise<string | null> {
  const { token } = newSecretToken();
  const rows = await db.$queryRaw<unknown[]>(Prisma.sql`
    insert into invites (hash, expires_at)
    select decode(${hashSetUpCode(token)}, 'hex'), now() + ${goodForDays}::int * interval '1 day' where ${isWithoutFirstAccount}
    returning 1 as one`);
  return rows.length > 0 ? token : null;
}
