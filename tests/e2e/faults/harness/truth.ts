import type { DbHandle } from '@parley/db';
import type { ParleyClient } from '@parley/client/trpc';
import type { RoomPicture, RoomTruth } from './history.js';

/** A room as someone who comes now is shown it. */
async function freshPicture(trpc: ParleyClient['trpc'], roomId: string): Promise<RoomPicture> {
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

/** The room as PostgreSQL has it, past everything that could be wrong about it: one statement, so one moment. */
export async function readTruth({ db }: DbHandle, trpc: ParleyClient['trpc'], roomId: string): Promise<RoomTruth> {
  const [row] = await db.$queryRawUnsafe<Omit<RoomTruth, 'fresh'>[]>(
    `select c.room_id::text as "roomId", c.last_seq as "lastSeq", c.last_rev as "lastRev",
       (select coalesce(json_agg(json_build_object('id', m.id, 'seq', m.seq, 'rev', m.rev, 'kind', m.kind, 'authorId', m.author_id,
          'content', m.content, 'status', m.status, 'attempt', m.attempt, 'clientId', m.client_id, 'editedAt', m.edited_at,
          'deletedAt', m.deleted_at, 'replyTo', m.reply_to,
          'shown', case when (m.reply -> 'chosen' ->> 'of')::int = m.attempt then (m.reply -> 'chosen' ->> 'attempt')::int else m.attempt end,
          'versions', (select coalesce(json_agg(json_build_object('attempt', v.attempt, 'status', v.status, 'content', v.content)), '[]')
            from reply_versions v where v.message_id = m.id)) order by m.seq), '[]') from messages m where m.room_id = c.room_id) as messages,
       (select json_agg(rev) from (
          select rev from messages where room_id = c.room_id union all select rev from room_members where room_id = c.room_id
          union all select rev from room_characters where room_id = c.room_id union all select rev from rooms where id = c.room_id
        ) revs) as revs,
       (select coalesce(json_agg(j.message_id), '[]') from reply_jobs j where j.room_id = c.room_id and j.state <> 'done') as "openJobs"
     from room_counters c where c.room_id = $1::uuid`,
    roomId,
  );
  return { ...row!, fresh: await freshPicture(trpc, roomId) };
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

/** The notes of a room. */
export async function notesOf({ db }: DbHandle, roomId: string): Promise<{ id: string; text: string }[]> {
  return db.$queryRawUnsafe(`select id::text, text from room_notes where room_id = $1::uuid`, roomId);
}
