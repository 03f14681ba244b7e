import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { ReplyFence, ReplyWorker } from '../jobs/claimed-reply.js';
import type { Lease } from './renew-lease.js';
import { fromNow } from '../protocol/reply-statement.js';

/**
 * Holds an attempt at a private reply for another `leaseMs`. One that lapsed and that nobody claimed is held again. An asker who is
 * not in the room any more is taken to have stopped it.
 */
export async function renewPrivateLease({ db }: CoreDeps, claim: ReplyFence, worker: ReplyWorker): Promise<Lease> {
  const [row] = await db.$queryRaw<{ stopRequestedBy: string | null }[]>(Prisma.sql`
    update private_replies p set lease_until = ${fromNow(worker.leaseMs)}
    where p.id = ${claim.messageId}::uuid and p.attempt = ${claim.attempt}::int and p.status = 'streaming'
    returning case when p.stop_requested_at is not null
      or not exists (select 1 from room_members m where m.room_id = p.room_id and m.user_id = p.user_id and m.left_rev is null)
      then p.user_id end as "stopRequestedBy"`);
  return { held: row !== undefined, stopRequestedBy: row?.stopRequestedBy ?? null };
}
