import { maxListedPrivateReplies, type PrivateReply } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { privateReplyJson, privateReplyView, type PrivateReplyRow } from '../protocol/private-reply-view.js';

/**
 * The actor's private replies of the last day, in rooms the actor is still in, without those the actor put away: the latest 20, oldest
 * first.
 */
export async function listPrivateReplies({ db }: Pick<CoreDeps, 'db'>, actor: Actor): Promise<PrivateReply[]> {
  const rows = await db.$queryRaw<{ reply: PrivateReplyRow }[]>(Prisma.sql`
    select ${privateReplyJson('p')} as reply
    from private_replies p
    join room_members m on m.room_id = p.room_id and m.user_id = p.user_id and m.left_rev is null
    where p.user_id = ${actor.userId}::uuid and p.created_at > now() - interval '1 day' and p.dismissed_at is null
    order by p.created_at desc
    limit ${maxListedPrivateReplies}::int`);
  return rows.toReversed().map(({ reply }) => privateReplyView(reply));
}
