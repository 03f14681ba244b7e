import type { PrivateReply } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { privateReplyJson } from '../protocol/private-reply-view.js';
import { addAiUsage } from '../jobs/ai-budget.js';
import type { ReplyFence } from '../jobs/claimed-reply.js';
import type { ReplyEnd } from './finish-reply.js';
import { tellAsker, type WrittenPrivateReply } from './private-reply-statement.js';

/** How an attempt at a private reply ended. Only its asker can have stopped it. */
export type PrivateEnd = Omit<ReplyEnd, 'stoppedBy'>;

/**
 * Writes the end of an attempt and the asker's tokens of the day, in one statement, and tells the asker. The first end wins.
 *
 * @returns null when another attempt or another end came first and nothing was written.
 */
export async function finishPrivateReply(deps: CoreDeps, claim: ReplyFence, end: PrivateEnd): Promise<PrivateReply | null> {
  const [row] = await deps.db.$queryRaw<WrittenPrivateReply[]>(Prisma.sql`
    with ended as (
      update private_replies p set status = ${end.status}::text, content = ${end.content}::text, model = ${end.model}::text,
        error = ${end.error && JSON.stringify(end.error)}::jsonb, usage = ${end.usage && JSON.stringify(end.usage)}::jsonb,
        lease_owner = null, lease_until = null, finished_at = clock_timestamp()
      where p.id = ${claim.messageId}::uuid and p.attempt = ${claim.attempt}::int and p.status = 'streaming'
      returning p.user_id, p.dismissed_at is not null as dismissed, ${privateReplyJson('p')} as reply
    ),
    spent as (${addAiUsage(end.usage, Prisma.sql`select ended.user_id from ended`)})
    select ended.user_id as "userId", ended.dismissed, ended.reply from ended`);
  return row ? tellAsker(deps, row) : null;
}
