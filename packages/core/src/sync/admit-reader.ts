import { AppError, type RoomRole } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { sessionStands } from '../sessions/standing-session.js';
import type { RoomHead } from './load-heads.js';

export interface Admission {
  head: RoomHead & { membersRev: number };
  /** Null if the reader is not in the room, or the reader's session or account has ended. */
  member: { role: RoomRole } | null;
  /** Replies queued or streaming, by seq. */
  active: ActiveReply[];
}

export interface ActiveReply {
  messageId: string;
  /** 0 until a worker claims the reply. */
  attempt: number;
}

/**
 * Reads the room's head, a reader's membership and the replies in progress, from one snapshot. A reader who is admitted at this head and
 * then applies every later change has the whole room.
 *
 * @throws AppError ROOM_NOT_FOUND
 */
export async function admitReader({ db }: Pick<CoreDeps, 'db'>, roomId: string, userId: string, sessionId: string): Promise<Admission> {
  const [row] = await db.$queryRaw<
    { last_seq: number; last_rev: number; members_rev: number; role: RoomRole | null; active: ActiveReply[] | null }[]
  >(Prisma.sql`
    select c.last_seq, c.last_rev, c.members_rev, (
      select m.role from room_members m
      where m.room_id = c.room_id and m.user_id = ${userId}::uuid and m.left_rev is null and ${sessionStands({ userId, sessionId })}
    ) as role, (
      select json_agg(json_build_object('messageId', m.id, 'attempt', m.attempt) order by m.seq)
      from messages m where m.room_id = c.room_id and m.status in ('queued', 'streaming')
    ) as active
    from room_counters c where c.room_id = ${roomId}::uuid`);
  if (!row) throw new AppError('ROOM_NOT_FOUND');
  return {
    head: { rev: row.last_rev, seq: row.last_seq, membersRev: row.members_rev },
    member: row.role === null ? null : { role: row.role },
    active: row.active ?? [],
  };
}
