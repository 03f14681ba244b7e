import { maxUnread } from '@parley/contracts';
import { Prisma } from '@parley/db';

/**
 * Messages that count as unread for all but their author: those of people and characters that are still there. `countsAsUnread` of
 * contracts says the same of a view.
 *
 * @param message alias of `messages`; always a literal
 */
export function counted(message: string): Prisma.Sql {
  return Prisma.raw(`${message}.kind <> 'system' and ${message}.deleted_at is null`);
}

/**
 * An expression for how many messages are unread to a member, up to `maxUnread`: never more than that many entries of an index are read.
 *
 * @param member alias of `room_members`; always a literal
 */
export function unreadOf(member: string): Prisma.Sql {
  const of = Prisma.raw(member);
  return Prisma.sql`(select count(*)::int from (
    select 1 from messages unread
    where unread.room_id = ${of}.room_id and unread.seq > ${of}.last_read_seq and ${counted('unread')}
      and unread.author_id is distinct from ${of}.user_id
    -- In order of the index, or PostgreSQL may take a limit for a reason to read the table.
    order by unread.seq desc limit ${Prisma.raw(String(maxUnread))}) unread)`;
}
