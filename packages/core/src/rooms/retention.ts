import { AppError, type RoomsRetentionOutput } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';

/** How long messages are kept, in days: what the instance says, and its rooms may choose. */
export interface RetentionBounds {
  /** The instance's own rule, and the most that a room may keep; null: for good. */
  days: number | null;
  /** The fewest that a room may choose, so that what has to be kept for a time cannot be removed before it. */
  leastDays: number;
}

/** The bounds as the settings of the server say them, where 0 days are no rule. */
export function retentionOf(settings: { get(name: 'retentionDays' | 'retentionLeastDays'): number }): RetentionBounds {
  const days = settings.get('retentionDays');
  return { days: days === 0 ? null : days, leastDays: settings.get('retentionLeastDays') };
}

/** @throws AppError VALIDATION for fewer days than a room may choose, or more than the instance keeps */
export function refuseOutside({ days: most, leastDays }: RetentionBounds, days: number | null): void {
  if (days === null) return;
  if (days < leastDays) throw outside(`This server keeps what is said in a room for at least ${leastDays} days.`);
  if (most !== null && days > most) throw outside(`This server removes what is older than ${most} days: choose at most that.`);
}

function outside(message: string): AppError {
  return new AppError('VALIDATION', message, { field: 'retentionDays' });
}

/** How long the room keeps its messages, and what its owners may choose. */
export async function loadRetention(
  { db, retention }: Pick<CoreDeps, 'db'> & { retention: RetentionBounds },
  { roomId }: AuthorizedRoom,
): Promise<RoomsRetentionOutput> {
  const [row] = await db.$queryRaw<{ days: number | null }[]>(Prisma.sql`
    select r.retention_days as days from rooms r where r.id = ${roomId}::uuid`);
  const chosen = row?.days ?? null;
  const days = chosen === null ? retention.days : Math.min(chosen, retention.days ?? chosen);
  return { days, chosen, serverDays: retention.days, leastDays: retention.leastDays };
}
