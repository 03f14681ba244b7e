import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';

/**
 * From which rev on somebody must be told what changed, whose last message of a room was this one: they lack what was said after it, and what
 * was edited, deleted or finished since. The answer may be too early, never too late.
 *
 * @param maxChanges how many changes are told at most; of more, nobody is told all anyway
 * @returns null if nothing is missing
 * @throws AppError MESSAGE_NOT_FOUND for a message that is not of this room
 */
export async function findReplayStart(
  { db }: Pick<CoreDeps, 'db'>,
  { roomId }: AuthorizedRoom,
  { messageId, maxChanges }: { messageId: string; maxChanges: number },
): Promise<number | null> {
  // A change may be dated before a message that was committed before it: by as long as a statement takes.
  const since = Prisma.sql`seen.created_at - interval '1 minute'`;
  const [row] = await db.$queryRaw<{ seq: number; first: number | null }[]>(Prisma.sql`
    select seen.seq, (
      -- The row of a message has a rev of at least its seq.
      select min(m.rev) from (
        select m.rev, m.seq, m.edited_at, m.deleted_at, m.hidden_at, m.reply from messages m
        where m.room_id = seen.room_id and m.rev > seen.seq order by m.rev desc limit ${maxChanges}::int + 1
      ) m
      where m.seq > seen.seq or m.edited_at > ${since} or m.deleted_at > ${since} or m.hidden_at > ${since} or (m.reply ->> 'finishedAt')::timestamptz > ${since}
    ) as first
    from messages seen where seen.id = ${messageId}::uuid and seen.room_id = ${roomId}::uuid`);
  if (!row) throw new AppError('MESSAGE_NOT_FOUND');
  return row.first === null ? null : row.first - 1;
}
