import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';

/**
 * The only statements that write `hidden_texts`: what a message says that is hidden. Its row in `messages` has no text then, so whatever
 * reads messages, of whatever version, finds none: prompts, the search, exports, webhooks.
 */

/**
 * Body of a CTE that puts texts aside.
 *
 * @param by user id of the moderator, in SQL; null for this server's moderation
 * @param text the message's `id`, `room_id`, whose it is, `content`, `mentions`, `reply` and `hidden_from_ai`, in SQL
 * @param from sources, without the word `from`
 */
export function putAside(
  by: Prisma.Sql,
  text: Record<'id' | 'room' | 'person' | 'content' | 'mentions' | 'reply' | 'fromAi', Prisma.Sql>,
  from: Prisma.Sql,
): Prisma.Sql {
  return Prisma.sql`
    insert into hidden_texts (message_id, room_id, user_id, content, mentions, reply, from_ai, hidden_by)
    select ${text.id}, ${text.room}, ${text.person}, ${text.content}, ${text.mentions}, ${text.reply}, ${text.fromAi}, ${by} from ${from}`;
}

/** The columns of a message whose text was put aside. */
export const blanked = {
  content: Prisma.sql`''`,
  words: Prisma.sql`null`,
  mentions: Prisma.sql`'[]'`,
  hiddenAt: Prisma.sql`clock_timestamp()`,
  // Whatever asks what characters may be told, of whatever version, knows this one.
  hiddenFromAi: Prisma.sql`true`,
} as const;

/** Body of a CTE that takes the text of a message back, to show it again or to lose it; it yields the row. @param from sources, without the word `from` */
export function takeHiddenText(from: Prisma.Sql, messageId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`delete from hidden_texts h using ${from} where h.message_id = ${messageId} returning h.*`;
}

/** Body of a CTE that notes that the server's moderation webhook had a message hidden. @param from a source with the message's `id`; always a literal */
export function hiddenByServer(roomId: string, from: Prisma.Sql): Prisma.Sql {
  const subject = { kind: 'message', id: Prisma.sql`${from}.id` } as const;
  return auditEntries({ event: 'message.hidden', by: 'system', subject, roomId }, from);
}
