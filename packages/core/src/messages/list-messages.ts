import type { MessagePage } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { messageJson, messagesOfPage, messageView, type MessageRow } from '../protocol/message-rows.js';

/** At most one of the three; none means the newest. */
export interface ListMessagesInput {
  /** Messages with a lower seq, those nearest to it. */
  before?: number | undefined;
  /** Messages with a higher seq. */
  after?: number | undefined;
  /** The message with this seq is in the middle of the page; near an end of the room the page is filled from the other side. */
  around?: number | undefined;
  limit: number;
}

/**
 * Reads one page of a room's history and the room's head, in one statement. `seq` has no gaps, so a page is a range of the (room, seq)
 * key however long the room is, and `hasBefore` and `hasAfter` are computed from the numbers. Of long messages a page has fewer than
 * `limit`: those nearest to where it begins.
 */
export async function listMessages(
  { db }: Pick<CoreDeps, 'db'>,
  { roomId }: AuthorizedRoom,
  input: ListMessagesInput,
): Promise<MessagePage> {
  const [row] = await db.$queryRaw<{ last_seq: number; last_rev: number; low: number; high: number; items: MessageRow[] }[]>(Prisma.sql`
    select head.last_seq, head.last_rev, coalesce(page.low, head.low) as low, coalesce(page.high, head.high) as high, page.items
    from (
      select c.room_id, c.last_seq, c.last_rev, bounds.low, least(bounds.low::bigint + ${input.limit}::int - 1, bounds.top)::int as high
      from room_counters c, lateral (${bounds(input)}) bounds
      where c.room_id = ${roomId}::uuid
    ) head, lateral (
      select min(m.seq) as low, max(m.seq) as high, coalesce(json_agg(${messageJson('m')} order by m.seq), '[]') as items
      from (${messagesOfPage(
        nearest(input),
        Prisma.sql`where m.room_id = head.room_id and m.seq between head.low and head.high order by m.seq limit ${input.limit}::int`,
      )}) m
    ) page`);
  if (!row) throw new Error(`room ${roomId} has no counter row`);
  return {
    items: row.items.map(messageView),
    hasBefore: row.low > 1 && row.last_seq > 0,
    hasAfter: row.high < row.last_seq,
    rev: row.last_rev,
  };
}

/** The order in which the page fills. */
function nearest({ after, around }: ListMessagesInput): Prisma.Sql {
  if (after !== undefined) return Prisma.sql`m.seq`;
  return around === undefined ? Prisma.sql`m.seq desc` : Prisma.sql`abs(m.seq - ${around}::int), m.seq`;
}

/** `low`, the first seq of the page, and `top`, the highest it may hold. */
function bounds({ before, after, around, limit }: ListMessagesInput): Prisma.Sql {
  if (after !== undefined) return Prisma.sql`select least(${after}::bigint, c.last_seq)::int + 1 as low, c.last_seq as top`;
  if (around !== undefined) {
    return Prisma.sql`select greatest(1, least(${around}::int - ${limit}::int / 2, c.last_seq - ${limit}::int + 1)) as low, c.last_seq as top`;
  }
  const top = before === undefined ? Prisma.sql`c.last_seq` : Prisma.sql`least(c.last_seq, ${before}::int - 1)`;
  return Prisma.sql`select greatest(1, ${top} - ${limit}::int + 1) as low, ${top} as top`;
}
