import { maxRepliesPerMessage } from '@parley/contracts';
import { Prisma } from '@parley/db';

/**
 * A query of the ids of the jobs that a message is about: the reply's own, and those of the replies that a text called for, which have the
 * places after it.
 */
export function jobsOfMessage(messageId: string): Prisma.Sql {
  return Prisma.sql`
    select ${messageId}::uuid
    union all
    select r.id from messages asking join messages r
      on r.room_id = asking.room_id and r.seq > asking.seq and r.seq <= asking.seq + ${maxRepliesPerMessage}::int
    where asking.id = ${messageId}::uuid and r.kind = 'reply' and r.reply -> 'trigger' ->> 'messageId' = asking.id::text`;
}
