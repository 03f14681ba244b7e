import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';

/**
 * Makes a person an admin of the instance; repeating it changes nothing. For operators at the command line, so no actor.
 *
 * @throws AppError USER_NOT_FOUND
 */
export async function setAdmin(deps: Pick<CoreDeps, 'db'>, username: string): Promise<void> {
  const rows = await deps.db.$queryRaw<unknown[]>(Prisma.sql`
    update users set is_admin = true where username = ${username.trim().toLowerCase()} returning id`);
  if (rows.length === 0) throw new AppError('USER_NOT_FOUND');
}
