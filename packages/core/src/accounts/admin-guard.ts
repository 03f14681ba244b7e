import { decide, type AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { noAccount } from '../no-account.js';
import { maySql } from '../access/decision-sql.js';
import { refusalError } from '../access/ensure-may.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { loadActor } from '../sessions/load-actor.js';

/** The operations that these functions guard. */
type AdminOperation =
  | 'doors.setRules'
  | 'users.disable'
  | 'admin.setAdmin'
  | 'admin.endSessions'
  | 'users.enable'
  | 'users.removePerson'
  | 'users.exportPerson'
  | 'holds.place'
  | 'holds.lift'
  | 'users.exportPerson'
  | 'users.removals'
  | 'storage.show'
  | 'holds.list'
  | 'holds.export'
  | 'users.resetLink'
  | 'users.removeSecondStep'
  | 'invites.create'
  | 'invites.revoke';

/** Body of a CTE that yields one row if `by` may do this and has a valid session, or if `by` is null: an operator at the command line. */
export function adminAs(by: Pick<Actor, 'userId' | 'sessionId'> | null, operation: AdminOperation): Prisma.Sql {
  if (by === null) return Prisma.sql`select 1 as one`;
  return Prisma.sql`
    select 1 as one from (${activeActor(by)}) actor join users a on a.id = actor.id where ${maySql(operation, Prisma.sql`a.is_admin`)}`;
}

/** Finds out why a statement guarded by {@link adminAs} matched no account. */
export async function whyNoAccount(
  deps: Pick<CoreDeps, 'db'>,
  username: string,
  by: Actor | null,
  operation: AdminOperation,
): Promise<AppError> {
  const decision = by && decide(operation, { instanceRole: (await loadActor(deps, by.userId, by.sessionId)).role });
  if (decision?.kind === 'refused') return refusalError(decision);
  return noAccount(username);
}

/**
 * Checks that an admin reads what only admins may; what writes has {@link adminAs} in its statement.
 *
 * @throws AppError FORBIDDEN; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function ensureAdmin(deps: Pick<CoreDeps, 'db'>, by: Actor, operation: AdminOperation): Promise<void> {
  const decision = decide(operation, { instanceRole: (await loadActor(deps, by.userId, by.sessionId)).role });
  if (decision.kind === 'refused') throw refusalError(decision);
}
