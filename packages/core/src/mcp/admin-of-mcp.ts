import { AppError, type OperationName } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { maySql } from '../access/decision-sql.js';
import type { CoreDeps } from '../deps.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';

type McpOperation = Extract<OperationName, `mcpServers.${string}`>;

/** Two CTEs: `actor`, who acts with a session that stands, and `admin`, one row if they may do this. */
export function adminOfMcp(actor: Actor, operation: McpOperation): Prisma.Sql {
  return Prisma.sql`
    actor as (${activeActor(actor)}),
    admin as (select actor.id from actor join users u on u.id = actor.id where ${maySql(operation, Prisma.sql`u.is_admin`)})`;
}

/** The columns by which {@link refuseOthers} decides. */
export const whoActs = Prisma.sql`exists (select 1 from actor) as active, exists (select 1 from admin) as may`;

/** @throws AppError SESSION_REVOKED, ACCOUNT_DISABLED, FORBIDDEN if that is why a statement wrote nothing */
export async function refuseOthers(
  deps: Pick<CoreDeps, 'db'>,
  actor: Actor,
  { active, may }: { active: boolean; may: boolean },
): Promise<void> {
  if (!active) await refuseInactive(deps, actor);
  if (!may) throw new AppError('FORBIDDEN', 'Only an admin of this server can do that.');
}
