import type { PrivateReply } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { Actor } from '../auth/actor.js';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../instant.js';

/** The most private replies an inbox starts with. */
const maxListed = 20;

/** One person's private replies of the last day in rooms they are still in, the latest 20, oldest first. */
export async function listPrivateReplies({ db }: Pick<CoreDeps, 'db'>, actor: Actor): Promise<PrivateReply[]> {
  const rows = await db.$queryRaw<(Omit<PrivateReply, 'createdAt'> & { createdAt: Instant })[]>(Prisma.sql`
    select p.id, p.room_id as "roomId", p.content, p.status, p.created_at as "createdAt"
    from private_replies p
    join room_members m on m.room_id = p.room_id and m.user_id = p.user_id and m.left_rev is null
    where p.user_id = ${actor.userId}::uuid and p.created_at > now() - interval '1 day'
    order by p.created_at desc
    limit ${maxListed}::int`);
  return rows.toReversed().map(({ createdAt, ...reply }) => ({ ...reply, createdAt: toIso(createdAt) }));
}
