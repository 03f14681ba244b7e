import { Prisma } from '@parley/db';

/**
 * Body of a CTE that selects, and locks, a person's sessions that have not ended; columns `id`. To be ended in the same statement.
 * Always by id: two statements that end several sessions of one person must not wait for each other's.
 *
 * @param only further conditions on `s`, beginning with `and`
 */
export function standingSessions(userId: string, only: Prisma.Sql = Prisma.empty): Prisma.Sql {
  return Prisma.sql`
    select s.id from sessions s where s.user_id = ${userId}::uuid and s.revoked_at is null ${only} order by s.id for no key update`;
}
