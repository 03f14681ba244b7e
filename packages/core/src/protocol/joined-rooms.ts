import { maxListedRooms, maxListedSessions } from '@parley/contracts';
import { Prisma } from '@parley/db';

/**
 * The rows of `room_members` of the rooms that a person's lists show: the thousand joined last, among them no more than the twenty chat
 * sessions made last, of which a program may make any number (decision 32). The list, the inbox and what is compared with
 * the inbox choose by this one rule, so that they have the same rooms. A subquery.
 *
 * @param user an expression of the person's id
 * @param only which of the rooms, beginning with `and`, over `own`. @default all
 */
export function listedMemberships(user: Prisma.Sql, only: Prisma.Sql = Prisma.empty): Prisma.Sql {
  return Prisma.sql`(
    select own.* from room_members own where own.user_id = ${user} and own.left_rev is null ${only}
      and own.room_id not in (
        select s.room_id from chat_sessions s where s.user_id = ${user} order by s.created_at desc, s.room_id offset ${maxListedSessions}::int
      )
    order by own.joined_at desc, own.room_id limit ${maxListedRooms}::int
  )`;
}
