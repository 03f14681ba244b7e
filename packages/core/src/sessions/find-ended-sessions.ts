import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { openSessions } from './standing-session.js';

/**
 * Returns those of the sessions that are over: revoked, unknown, or of a disabled account. This is for the sweep over live sockets,
 * which finds the ended sessions that the bus lost.
 */
export async function findEndedSessions(deps: Pick<CoreDeps, 'db'>, sessionIds: readonly string[]): Promise<string[]> {
  if (sessionIds.length === 0) return [];
  const standing = await deps.db.$queryRaw<{ id: string }[]>(Prisma.sql`
    select s.id from ${openSessions} where s.id = any(${[...sessionIds]}::uuid[])`);
  const ids = new Set(standing.map((row) => row.id));
  return sessionIds.filter((id) => !ids.has(id));
}
