import { maxCatchUpMessages, splitModelName, type UnreadRoom } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso } from '../protocol/instant.js';
import { isOnlyHidden, isTellable, saidJson, type ConversationMessage } from './load-conversation.js';

/** So many unread messages of a room are counted at most: beyond, the count says that there are more. */
export const maxCountedUnread = 1_000;

/** What is told of one room to whoever catches up. */
export interface UnreadOfRoom {
  roomId: string;
  /** Of a direct room the other side's name. */
  name: string;
  direct: boolean;
  /** Ascending by seq, the newest. */
  messages: ConversationMessage[];
  /** How many older unread messages are not among them, up to {@link maxCountedUnread}. */
  leftOut: number;
}

/**
 * Loads what somebody has not read in these rooms, as a catch-up for them alone may hold it: of the rooms that they are in now, that are not archived, and
 * whose AI is not paused. Of those rooms it gives what models may be told, whichever characters are there: the answer is for the reader
 * alone, who may read all of it.
 *
 * @param rooms as the request names them, and in their order; a room without a message is left out
 * @param model the `provider:model` that is told
 * @returns `paused`: how many of the rooms were left out because their AI is paused now, or because they do not let this provider answer; `hidden`: how many messages of others in the rest are hidden from AI
 */
export async function loadUnread(
  { db }: Pick<CoreDeps, 'db'>,
  userId: string,
  rooms: readonly UnreadRoom[],
  model: string,
): Promise<{ rooms: UnreadOfRoom[]; paused: number; hidden: number }> {
  const { provider } = splitModelName(model);
  // A room that does not let this provider answer is not read to it, wherever somebody asks.
  const open = Prisma.sql`(r.ai_paused_at is null and (r.ai_providers is null or ${provider} = 'built-in' or ${provider} = any(r.ai_providers)))`;
  if (rooms.length === 0) return { rooms: [], paused: 0, hidden: 0 };
  const rows = await db.$queryRaw<(UnreadOfRoom & { paused: boolean; counted: number; hidden: number })[]>(Prisma.sql`
    select r.id as "roomId", r.visibility = 'direct' as direct, not ${open} as paused, tail.messages,
      (
        select count(*)::int from (
          select 1 from messages m where m.room_id = r.id and m.seq > asked.since and m.seq <= asked.up_to and ${isTellable}
          order by m.seq desc limit ${maxCountedUnread}::int
        ) unread
      ) as counted,
      (
        select count(*)::int from (
          select 1 from messages m
          where ${open} and m.room_id = r.id and m.seq > asked.since and m.seq <= asked.up_to
            and m.author_id is distinct from own.user_id and ${isOnlyHidden}
          limit ${maxCountedUnread}::int
        ) kept
      ) as hidden,
      coalesce(
        (
          select u.display_name from room_members other join users u on u.id = other.user_id
          where r.visibility = 'direct' and other.room_id = r.id and other.user_id <> own.user_id limit 1
        ),
        (
          select ch.name from room_characters other join characters ch on ch.id = other.character_id
          where r.visibility = 'direct' and other.room_id = r.id limit 1
        ),
        r.name
      ) as name
    from unnest(
      ${rooms.map(({ roomId }) => roomId)}::uuid[], ${rooms.map(({ sinceSeq }) => sinceSeq)}::int[], ${rooms.map(({ upToSeq }) => upToSeq)}::int[]
    ) with ordinality asked (room_id, since, up_to, place)
    join rooms r on r.id = asked.room_id and r.archived_at is null
    join room_members own on own.room_id = r.id and own.user_id = ${userId}::uuid and own.left_rev is null
    cross join lateral (
      select coalesce(json_agg(last.said order by last.seq), '[]') as messages from (
        select ${saidJson} as said, m.seq from messages m
        where ${open} and m.room_id = r.id and m.seq > asked.since and m.seq <= asked.up_to and ${isTellable}
        order by m.seq desc limit ${maxCatchUpMessages}::int
      ) last
    ) tail
    order by asked.place`);
  return {
    rooms: rows
      .filter(({ messages }) => messages.length > 0)
      .map(({ roomId, name, direct, counted, messages }) => ({
        roomId,
        name,
        direct,
        messages: messages.map((message) => ({ ...message, createdAt: toIso(message.createdAt) })),
        leftOut: counted - messages.length,
      })),
    paused: rows.filter(({ paused }) => paused).length,
    hidden: rows.reduce((sum, { hidden }) => sum + hidden, 0),
  };
}
