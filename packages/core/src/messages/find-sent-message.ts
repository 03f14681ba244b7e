import { maxRepliesPerMessage, type MessageView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { messageJson, messageView, type MessageRow } from '../protocol/message-rows.js';

export interface SentMessage {
  message: MessageView;
  /** Replies the message called for, by seq. */
  replies: MessageView[];
}

/**
 * Finds what an earlier send with this `clientId` made, as it is now, or null. Its replies are the rows right after the message that
 * name the message as their trigger, so the search reads a range of the (room, seq) key.
 */
export async function findSentMessage(
  deps: Pick<CoreDeps, 'db'>,
  roomId: string,
  authorId: string,
  clientId: string,
): Promise<SentMessage | null> {
  const [row] = await deps.db.$queryRaw<{ message: MessageRow; replies: MessageRow[] }[]>(Prisma.sql`
    select ${messageJson('m')} as message, (
      select coalesce(json_agg(${messageJson('r')} order by r.seq), '[]') from messages r
      where r.room_id = m.room_id and r.seq > m.seq and r.seq <= m.seq + ${maxRepliesPerMessage}::int
        and r.kind = 'reply' and r.reply -> 'trigger' ->> 'messageId' = m.id::text
    ) as replies
    from messages m
    where m.room_id = ${roomId}::uuid and m.author_id = ${authorId}::uuid and m.client_id = ${clientId}::uuid`);
  return row ? { message: messageView(row.message), replies: row.replies.map(messageView) } : null;
}
