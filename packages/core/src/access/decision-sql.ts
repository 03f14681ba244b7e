import { may, type OperationName } from '@parley/contracts';
import { Prisma } from '@parley/db';

/**
 * The decision of the table of operations as a condition, for statements that have the facts in the rows they lock: `decide` is asked
 * for each case, so that it is written nowhere else.
 *
 * @param isAdmin whether the actor is an admin
 * @param own whether the thing is the actor's; left out where the operation is on nothing of anyone's
 */
export function maySql(operation: OperationName, isAdmin: Prisma.Sql, own: Prisma.Sql = Prisma.sql`false`): Prisma.Sql {
  const allowed = (instanceRole: 'admin' | 'user') => {
    const [yes, no] = [may(operation, { instanceRole, own: true }), may(operation, { instanceRole, own: false })];
    return Prisma.sql`case when ${own} then ${yes}::boolean else ${no}::boolean end`;
  };
  return Prisma.sql`(case when ${isAdmin} then ${allowed('admin')} else ${allowed('user')} end)`;
}
