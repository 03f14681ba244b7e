import { may, type OperationName } from '@parley/contracts';
import { Prisma } from '@parley/db';

/**
 * The decision of the table of operations as an SQL condition, for statements whose locked rows hold the facts. `may` gives the decision
 * for each case, so that the rules are written nowhere else.
 *
 * @param isAdmin whether the actor is an admin
 * @param own whether the thing is the actor's; left out if the operation is on nobody's thing
 */
export function maySql(operation: OperationName, isAdmin: Prisma.Sql, own: Prisma.Sql = Prisma.sql`false`): Prisma.Sql {
  const allowed = (instanceRole: 'admin' | 'user') => {
    const [yes, no] = [may(operation, { instanceRole, own: true }), may(operation, { instanceRole, own: false })];
    return Prisma.sql`case when ${own} then ${yes}::boolean else ${no}::boolean end`;
  };
  return Prisma.sql`(case when ${isAdmin} then ${allowed('admin')} else ${allowed('user')} end)`;
}
