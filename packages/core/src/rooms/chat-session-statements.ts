import { Prisma } from '@parley/db';

/** The only statements that write `chat_sessions`: the conversations of the chat surface, each by its person and the name that a program gave it. */

/**
 * Body of a CTE that notes a conversation and yields its row. Yields nothing if the person has one of this name; another call that makes it
 * at the same moment is waited for.
 *
 * @param from sources, without the word `from`
 */
export function insertChatSession(
  session: { user: Prisma.Sql; sessionId: string; room: Prisma.Sql; character: Prisma.Sql },
  from: Prisma.Sql,
): Prisma.Sql {
  return Prisma.sql`
    insert into chat_sessions (user_id, session_id, room_id, character_id)
    select ${session.user}, ${session.sessionId}, ${session.room}, ${session.character} from ${from}
    on conflict do nothing
    returning *`;
}

/** Body of a CTE that forgets the conversations of a person. @param from sources of the person, without the word `from` */
export function deleteChatSessions(from: Prisma.Sql, user: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`delete from chat_sessions s using ${from} where s.user_id = ${user} returning s.room_id`;
}
