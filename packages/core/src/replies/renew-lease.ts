import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { ReplyFence, ReplyWorker } from '../jobs/claimed-reply.js';
import { fromNow } from '../protocol/reply-statement.js';

export interface Lease {
  /** False: another attempt began or the reply has ended. Nothing this attempt writes counts any more. */
  held: boolean;
  /** User id of who wants it stopped: the order may have been lost on the bus, the column is not. */
  stopRequestedBy: string | null;
}

/** Holds an attempt for another `leaseMs`. One that lapsed and that nobody claimed is held again. */
export async function renewLease({ db }: CoreDeps, claim: ReplyFence, worker: ReplyWorker): Promise<Lease> {
  const [row] = await db.$queryRaw<{ stop_requested_by: string | null }[]>(Prisma.sql`
    update reply_jobs set lease_until = ${fromNow(worker.leaseMs)}
    where message_id = ${claim.messageId}::uuid and attempt = ${claim.attempt}::int and state = 'streaming'
    returning stop_requested_by`);
  return { held: row !== undefined, stopRequestedBy: row?.stop_requested_by ?? null };
}
