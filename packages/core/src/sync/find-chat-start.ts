import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';

/** Where a reader of a chat session's answers begins. */
export interface ChatStart {
  /** The room's head. */
  rev: number;
  /** The seq of the last message. */
  seq: number;
  /** The answers that are queued or being written, by seq. */
  pending: { id: string; seq: number }[];
  /** The last answer, if it was finished within the time that was asked for. */
  last: { seq: number; rev: number } | null;
}

/** How far before the end of the room the last answer is looked for, in messages. */
const lookBack = 10;

/** Reads in one snapshot where a reader of the room's answers begins. @param withinMs how long ago the last answer may have been finished */
export async function findChatStart(
  { db }: Pick<CoreDeps, 'db'>,
  { roomId }: AuthorizedRoom,
  { withinMs }: { withinMs: number },
): Promise<ChatStart> {
  const [row] = await db.$queryRaw<ChatStart[]>(Prisma.sql`
    select c.last_rev as rev, c.last_seq as seq,
      (select coalesce(json_agg(json_build_object('id', m.id, 'seq', m.seq) order by m.seq), '[]') from messages m
        where m.room_id = c.room_id and m.status in ('queued', 'streaming') and m.deleted_at is null) as pending,
      (select json_build_object('seq', last.seq, 'rev', last.rev) from (
          select m.seq, m.rev, m.reply from messages m
          where m.room_id = c.room_id and m.seq > c.last_seq - ${lookBack}::int and m.kind = 'reply' and m.deleted_at is null
          order by m.seq desc limit 1
        ) last
        where (last.reply ->> 'finishedAt')::timestamptz > now() - ${withinMs}::int * interval '1 millisecond') as last
    from room_counters c where c.room_id = ${roomId}::uuid`);
  return row!;
}
