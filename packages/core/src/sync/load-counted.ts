import { maxUnread } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { counted } from '../protocol/counted-messages.js';
import type { RoomHead } from './load-heads.js';

/** The last messages of a room that count as unread for those who have not read them. */
export interface CountedMessages extends RoomHead {
  /** Ascending by seq, at most `maxUnread`. */
  messages: readonly { seq: number; authorId: string | null }[];
}

/**
 * For each room the last messages that count, from one snapshot with its head. Unknown rooms are absent.
 *
 * @param rooms `after`: everyone who asks has read up to there
 */
export async function loadCounted(
  { db }: Pick<CoreDeps, 'db'>,
  rooms: readonly { roomId: string; after: number }[],
): Promise<Map<string, CountedMessages>> {
  if (rooms.length === 0) return new Map();
  const rows = await db.$queryRaw<{ room_id: string; last_seq: number; last_rev: number; messages: CountedMessages['messages'] }[]>(
    Prisma.sql`
    select c.room_id, c.last_seq, c.last_rev, tail.messages
    from unnest(${rooms.map(({ roomId }) => roomId)}::uuid[], ${rooms.map(({ after }) => after)}::int[]) asked (room_id, after)
    join room_counters c on c.room_id = asked.room_id,
    lateral (
      select coalesce(json_agg(json_build_object('seq', last.seq, 'authorId', last.author_id) order by last.seq), '[]') as messages
      from (
        select m.seq, m.author_id from messages m
        where m.room_id = asked.room_id and m.seq > asked.after and ${counted('m')}
        order by m.seq desc limit ${maxUnread}::int
      ) last
    ) tail`,
  );
  return new Map(rows.map((row) => [row.room_id, { rev: row.last_rev, seq: row.last_seq, messages: row.messages }]));
}
