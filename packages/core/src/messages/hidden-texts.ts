import { Prisma } from '@parley/db';

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

/** Body of a CTE that takes the text of a message back, to show it again or to lose it; it yields the row. @param from sources, without the word `from` */
export function takeHiddenText(from: Prisma.Sql, messageId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`delete from hidden_texts h using ${from} where h.message_id = ${messageId} returning h.*`;
}
