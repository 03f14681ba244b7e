import { Prisma } from '@parley/db';

/** The only statements that write `room_mentions`, which count unread mentions. The message itself also says whom it mentions. */

/** Body of a CTE that remembers mentions. @param from sources, without the word `from`; perhaps with `where` */
export function insertMentions(
  mention: { user: Prisma.Sql; room: Prisma.Sql; seq: Prisma.Sql; message: Prisma.Sql },
  from: Prisma.Sql,
): Prisma.Sql {
  return Prisma.sql`
    insert into room_mentions (user_id, room_id, seq, message_id)
    select ${mention.user}, ${mention.room}, ${mention.seq}, ${mention.message} from ${from}`;
}

/**
 * Body of a CTE that forgets mentions.
 *
 * @param using sources, without the word `using`
 * @param which condition on `r` and the sources
 */
export function deleteMentions(using: Prisma.Sql, which: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`delete from room_mentions r using ${using} where ${which}`;
}
