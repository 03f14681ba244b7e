import type { MadeReport } from '@parley/contracts';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';

interface OwnReport extends MadeReport {
  messageId: string;
  roomId: string;
  note: string;
}

/** Reports read by one statement. */
const pageSize = 50;

/** A page of the reports that the actor made, by id. @param after id of the last one of the page before; null to begin */
export async function listOwnReports(
  { db }: Pick<CoreDeps, 'db'>,
  { userId }: Pick<Actor, 'userId'>,
  after: string | null,
): Promise<OwnReport[]> {
  const rows = await db.report.findMany({
    where: { reporterId: userId, ...(after !== null && { id: { gt: after } }) },
    orderBy: { id: 'asc' },
    take: pageSize,
    select: { id: true, reason: true, note: true, createdAt: true, messageId: true, roomId: true },
  });
  return rows.map(({ reason, createdAt, ...row }) => ({
    ...row,
    reason: reason as MadeReport['reason'],
    createdAt: createdAt.toISOString(),
  }));
}
