import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import type { ReplyTask } from '../jobs/claimed-reply.js';

/** What a character remembers of a room from before the messages that a prompt holds. */
export interface RoomSummary {
  /** The summary's sources have at most this seq. */
  upToSeq: number;
  text: string;
  /** When the summary's sources were read, ISO 8601 in UTC. */
  builtAt: string;
}

/** The state of the room that a summary is made from. */
export interface SummaryBasis {
  rev: number;
  /** By the database's clock, ISO 8601 in UTC. */
  readAt: string;
}

/**
 * Loads the character's summary of the reply's room, and the state to store with a new summary. Call this before you read the messages
 * for the new summary: a change after that makes the new summary stale, instead of being missed.
 *
 * @returns `summary` null if there is none or it is stale: one of its sources was edited, deleted, written again or lost its author
 * since, or the character has left and come back, and so knows nothing of the sources
 */
export async function loadRoomSummary(
  { db }: Pick<CoreDeps, 'db'>,
  claim: Pick<ReplyTask, 'roomId' | 'character'>,
): Promise<{ summary: RoomSummary | null; basis: SummaryBasis }> {
  const [row] = await db.$queryRaw<
    { rev: number; readAt: Instant; upToSeq: number | null; text: string; builtAt: Instant; stale: boolean }[]
  >(Prisma.sql`
    select c.last_rev as rev, clock_timestamp() as "readAt", s.up_to_seq as "upToSeq", s.text, s.built_at as "builtAt",
      s.from_seq <> ${claim.character.joinedSeq}::int or exists (
        -- Ordered, and fenced by offset 0, so that changes are found by their rev, and a long room is never read by its seq.
        select 1 from (
          select m.seq, m.status, m.author_handle, m.hidden_from_ai, m.edited_at, m.deleted_at, m.reply from messages m
          where m.room_id = s.room_id and m.rev > s.built_rev order by m.rev offset 0
        ) m
        where m.seq > s.from_seq and m.seq <= s.up_to_seq
          -- A reaction or a pin is a change too, but not of the text. A statement's clock is at most five minutes behind its commit. An
          -- empty handle means that the author removed the account, and their name with it.
          and (m.status in ('queued', 'streaming') or m.author_handle = '' or m.hidden_from_ai
            or greatest(m.edited_at, m.deleted_at, (m.reply ->> 'finishedAt')::timestamptz) > s.built_at - interval '5 minutes')
      ) as stale
    from room_counters c
      left join room_summaries s on s.room_id = c.room_id and s.character_id = ${claim.character.id}::uuid
    where c.room_id = ${claim.roomId}::uuid`);
  if (!row) return { summary: null, basis: { rev: 0, readAt: new Date(0).toISOString() } };
  const { rev, readAt, upToSeq, text, builtAt, stale } = row;
  return {
    basis: { rev, readAt: toIso(readAt) },
    summary: upToSeq === null || stale ? null : { upToSeq, text, builtAt: toIso(builtAt) },
  };
}

/**
 * Body of a CTE that deletes summaries, so that they are made anew.
 *
 * @param using sources, without the word `using`
 * @param which condition on `s` and the sources
 */
export function deleteSummaries(using: Prisma.Sql, which: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`delete from room_summaries s using ${using} where ${which}`;
}
