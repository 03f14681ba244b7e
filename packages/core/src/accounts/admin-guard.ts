import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { loadActor } from '../sessions/load-actor.js';

/** Body of a CTE that yields one row if `by` is an admin whose session goes on, or is nobody: an operator at the command line. */
export function adminAs(by: Pick<Actor, 'userId' | 'sessionId'> | null): Prisma.Sql {
  if (by === null) return Prisma.sql`select 1 as one`;
  return Prisma.sql`
    select 1 as one from (${activeActor(by)}) actor join users a on a.id = actor.id where a.is_admin`;
}

/** Why a statement that {@link adminAs} guards matched no account. */
export async function whyNoAccount(deps: Pick<CoreDeps, 'db'>, username: string, by: Actor | null): Promise<AppError> {
  if (by && (await loadActor(deps, by.userId, by.sessionId)).role !== 'admin') return new AppError('FORBIDDEN');
  return new AppError('USER_NOT_FOUND', `There is no account named “${username}”.`);
}
