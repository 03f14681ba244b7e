import type { DbHandle } from '@parley/db';
import type { ParleyClient } from '@parley/client';
import type { RoomTruth, StoredMessage } from './checker.js';
import type { RoomPicture } from './history.js';

/** A room as someone who comes now is shown it. */
export async function freshPicture(trpc: ParleyClient['trpc'], roomId: string): Promise<RoomPicture> {
  const { room, members, characters } = await trpc.rooms.get.query({ roomId });
  const messages: RoomPicture['messages'] = [];
  let before: number | undefined;
  do {
    const page = await trpc.messages.list.query({ roomId, limit: 100, ...(before === undefined ? {} : { before }) });
    messages.unshift(...page.items);
    before = page.hasBefore ? page.items[0]!.seq : undefined;
  } while (before !== undefined);
  return { room, members, characters, messages };
}

/** The room as PostgreSQL has it, past everything that could be wrong about it. */
export async function readTruth({ db }: DbHandle, trpc: ParleyClient['trpc'], roomId: string): Promise<RoomTruth> {
  const [counter] = await db.$queryRawUnsafe<{ lastSeq: number; lastRev: number }[]>(
    'select last_seq as "lastSeq", last_rev as "lastRev" from room_counters where room_id = $1::uuid',
    roomId,
  );
  const messages = await db.$queryRawUnsafe<StoredMessage[]>(
    `select id, seq, rev, kind, author_id as "authorId", content, status, attempt, client_id as "clientId",
       edited_at as "editedAt", deleted_at as "deletedAt"
     from messages where room_id = $1::uuid order by seq`,
    roomId,
  );
  const revs = await db.$queryRawUnsafe<{ rev: number }[]>(
    `select rev from messages where room_id = $1::uuid union all select rev from room_members where room_id = $1::uuid
     union all select rev from room_characters where room_id = $1::uuid union all select rev from rooms where id = $1::uuid`,
    roomId,
  );
  const jobs = await db.$queryRawUnsafe<{ id: string }[]>(
    `select message_id::text as id from reply_jobs where room_id = $1::uuid and state <> 'done'`,
    roomId,
  );
  return {
    roomId,
    lastSeq: counter!.lastSeq,
    lastRev: counter!.lastRev,
    messages,
    revs: revs.map(({ rev }) => rev),
    openJobs: jobs.map(({ id }) => id),
    fresh: await freshPicture(trpc, roomId),
  };
}

/** Who holds a reply, by the name of its process, and which attempt it is. */
export async function leaseOf(
  { db }: DbHandle,
  messageId: string,
): Promise<{ owner: string | null; attempt: number; lapsed: boolean; state: string }> {
  const [row] = await db.$queryRawUnsafe<{ owner: string | null; attempt: number; lapsed: boolean; state: string }[]>(
    `select lease_owner as owner, attempt, coalesce(lease_until <= clock_timestamp(), true) as lapsed, state
     from reply_jobs where message_id = $1::uuid`,
    messageId,
  );
  return row!;
}

/** The replies of a room, by seq. */
export async function repliesOf(
  { db }: DbHandle,
  roomId: string,
): Promise<{ id: string; status: string; attempt: number; content: string }[]> {
  return db.$queryRawUnsafe(
    `select id::text, status, attempt, content from messages where room_id = $1::uuid and kind = 'reply' order by seq`,
    roomId,
  );
}
