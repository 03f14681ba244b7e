import { maxRepliesPerMessage } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import type { ReplyTask } from '../jobs/claimed-reply.js';
import type { ConversationReader } from './load-conversation.js';

/** What a character remembers of a room from before the messages that a prompt holds. */
export interface RoomSummary {
  /** Its place among the steps of the summary, from 1. */
  step: number;
  /** Of the first message that it stands for. */
  firstSeq: number;
  /** The summary's sources have at most this seq. */
  upToSeq: number;
  text: string;
}

/** The state of the room that a summary is made from. */
export interface SummaryBasis {
  rev: number;
  /** By the database's clock, ISO 8601 in UTC. */
  readAt: string;
}

/** Whose summary it is, and of which room. */
export type SummaryOwner = Pick<ReplyTask, 'roomId'> & { character: Pick<ReplyTask['character'], 'id' | 'joinedSeq'> };

/** Who is given a summary, and up to where: of an answer that is written again, what came after it is not its past. */
export type SummaryReader = SummaryOwner & { message: Pick<ReplyTask['message'], 'seq'> };

/**
 * Loads the newest step of the character's summary that still stands and ends before the reader's place in the room, and the state to
 * store with the next step. Call this before you read the messages for the next step: a change after that makes it stale, instead of being
 * missed.
 *
 * A step does not stand if one of its sources was edited, deleted, hidden, written again, lost its author or had another version chosen
 * since; the steps from before that source do. No step stands if the character has left and come back, and so knows nothing of the sources.
 *
 * @returns `summary` null if no step stands
 */
export async function loadRoomSummary(
  { db }: Pick<CoreDeps, 'db'>,
  { roomId, character, message }: SummaryReader,
): Promise<{ summary: RoomSummary | null; basis: SummaryBasis }> {
  const [row] = await db.$queryRaw<{ rev: number; readAt: Instant; summary: RoomSummary | null }[]>(Prisma.sql`
    with steps as materialized (
      select s.* from summary_steps s
      where s.room_id = ${roomId}::uuid and s.character_id = ${character.id}::uuid and s.from_seq = ${character.joinedSeq}::int
    ),
    touched as materialized (
      -- Ordered, and fenced by offset 0, so that changes are found by their rev, and a long room is never read by its seq.
      select m.seq, m.rev from (
        select m.seq, m.rev, m.status, m.author_handle, m.hidden_from_ai, m.edited_at, m.deleted_at, m.reply from messages m
        where m.room_id = ${roomId}::uuid and m.rev > (select min(valid_rev) from steps) order by m.rev offset 0
      ) m
      where m.seq > ${character.joinedSeq}::int and m.seq <= (select max(up_to_seq) from steps)
        -- A reaction or a pin is a change too, but not of the text. A statement's clock is at most five minutes behind its commit. An
        -- empty handle means that the author removed the account, and their name with it.
        and (m.status in ('queued', 'streaming') or m.author_handle = '' or m.hidden_from_ai
          or greatest(m.edited_at, m.deleted_at, (m.reply ->> 'finishedAt')::timestamptz, (m.reply -> 'chosen' ->> 'at')::timestamptz)
            > (select min(valid_at) from steps) - interval '5 minutes')
    )
    select c.last_rev as rev, clock_timestamp() as "readAt", (
      select json_build_object('step', s.step, 'firstSeq', s.first_seq, 'upToSeq', s.up_to_seq, 'text', s.text) from steps s
      where s.up_to_seq < ${message.seq}::int and not exists (select 1 from touched t where t.rev > s.valid_rev and t.seq <= s.up_to_seq)
      order by s.up_to_seq desc limit 1
    ) as summary
    from room_counters c where c.room_id = ${roomId}::uuid`);
  if (!row) return { summary: null, basis: { rev: 0, readAt: new Date(0).toISOString() } };
  return { summary: row.summary, basis: { rev: row.rev, readAt: toIso(row.readAt) } };
}

/**
 * CTEs that delete the steps of all characters' summaries which a message of a room may be a part of, so that they are made anew from
 * there. They are `unremembered` and `unremembered_before`.
 *
 * @param using sources, without the word `using` @param room id @param seq of the message; both in SQL
 */
export function forgetSummaries(using: Prisma.Sql, room: Prisma.Sql, seq: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    unremembered as (delete from summary_steps s using ${using} where s.room_id = ${room} and s.up_to_seq >= ${seq}),
    -- Processes of earlier versions write it.
    unremembered_before as (delete from room_summaries s using ${using} where s.room_id = ${room} and s.up_to_seq >= ${seq})`;
}

/**
 * The summary, unless it may be of what others answered to the same question, put to several side by side: their answers stand among the
 * last messages before this one.
 */
export function summaryApart<Summary extends Pick<RoomSummary, 'upToSeq'>>(
  { request, message }: Pick<ConversationReader, 'request' | 'message'>,
  summary: Summary | null,
): Summary | null {
  return request.apart && summary && summary.upToSeq >= message.seq - maxRepliesPerMessage ? null : summary;
}

/**
 * Body of a CTE that deletes what characters remember of rooms that they leave: who comes back knows nothing of before.
 *
 * @param entry CTE with the rows of `room_characters`; always a literal
 */
export function forgetRooms(entry: string): Prisma.Sql {
  const left = Prisma.raw(entry);
  return Prisma.sql`delete from summary_steps s using ${left} left_room where s.room_id = left_room.room_id and s.character_id = left_room.character_id`;
}
