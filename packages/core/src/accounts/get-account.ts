import { AppError, type AccountView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { accountJson, accountView, type AccountRow } from '../protocol/account-rows.js';
import type { Actor } from '../sessions/actor.js';

/** The actor's own account. */
export async function getAccount(deps: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'userId'>): Promise<AccountView> {
  const [row] = await deps.db.$queryRaw<{ account: AccountRow }[]>(Prisma.sql`
    select ${accountJson('u')} as account from users u where u.id = ${actor.userId}::uuid`);
  if (!row) throw new AppError('USER_NOT_FOUND');
  return accountView(row.account);
}
