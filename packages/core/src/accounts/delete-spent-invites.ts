import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { firstId, type SweepStep } from '../protocol/sweep-step.js';

/** Invitations that one step deletes at most. */
const stepInvites = 500;

/** How long an invitation that is over is still listed, in days. */
const keptDays = 30;

/** One step of the sweep that deletes invitations which have expired, or were revoked, long ago. */
export async function deleteSpentInvites({ db }: Pick<CoreDeps, 'db'>): Promise<SweepStep> {
  const deleted = await db.$executeRaw(Prisma.sql`
    with picked as (
      select i.hash from invites i where i.expires_at <= now() - ${keptDays}::int * interval '1 day'
      limit ${stepInvites}::int for update of i skip locked
    )
    delete from invites i using picked where i.hash = picked.hash`);
  return { deleted, next: deleted === stepInvites ? firstId : null };
}
