import type { ReplyRequest } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { askedColumns, askedOf, askedSources, type AskedRow } from '../jobs/asked-character.js';
import type { ReplyTask } from '../jobs/claimed-reply.js';
import type { Claimant, JobFence } from '../jobs/job.js';
import { JobLife } from '../jobs/job-life.js';
import type { AttemptCost, JobSink } from '../jobs/job-sink.js';
import type { CoreDeps } from '../deps.js';
import type { SummaryBasis } from './room-summary.js';

/** How the making of a summary ended. Of two summaries made at once, the one of the newer state stays. */
export interface MemoryEnd extends AttemptCost {
  /**
   * Null if there is no summary to keep. `basis` is what `loadRoomSummary` gave before the sources were read; the sources have a seq
   * above `fromSeq`.
   */
  summary: { fromSeq: number; upToSeq: number; basis: SummaryBasis; text: string } | null;
}

/** The request of the job: the request of the reply, and the place in the room before which the sources stand. */
interface MemoryRequest extends ReplyRequest {
  before: ReplyTask['message'];
}

type MemoryRow = AskedRow & { request: MemoryRequest };

interface Written {
  done: boolean;
}

/**
 * Jobs that make a character's memory of a room: a summary of what was said before the messages that a prompt holds. Nobody is told of
 * them.
 */
const roomMemorySink: JobSink<MemoryRow, ReplyTask, MemoryEnd, Written, true> = {
  kind: 'room_memory',
  wakes: 'job',
  keptDays: 1,
  withdrawn: Prisma.sql`false`,
  places: () => ({ perRoom: undefined, perPerson: undefined }),

  claim: {
    ctes: Prisma.sql`written as (select true as done from job)`,
    columns: Prisma.sql`written.done, ${askedColumns}`,
    joins: askedSources,
  },

  claimOf(_deps, row) {
    const { before, ...request } = row.request;
    const { name, handle, avatar } = row.askedBy;
    return { ...askedOf(row), request, addressee: { type: 'user', name, handle, avatar }, message: before };
  },

  refuse({ characterLeft, stopRequested, aiPaused }, exhausted) {
    return characterLeft || stopRequested || aiPaused || exhausted ? { usage: null, summary: null } : null;
  },

  end({ summary }) {
    const stored = summary
      ? Prisma.sql`
          stored as (
            insert into room_summaries as s (room_id, character_id, from_seq, up_to_seq, built_rev, built_at, text)
            select job.room_id, job.character_id, ${summary.fromSeq}::int, ${summary.upToSeq}::int, ${summary.basis.rev}::int,
              ${summary.basis.readAt}::timestamptz, ${summary.text}::text
            from job
            on conflict (room_id, character_id) do update set from_seq = excluded.from_seq, up_to_seq = excluded.up_to_seq,
              built_rev = excluded.built_rev, built_at = excluded.built_at, text = excluded.text
            where s.built_rev <= excluded.built_rev
          ),`
      : Prisma.empty;
    return { ctes: Prisma.sql`${stored} written as (select true as done from job)`, columns: Prisma.sql`written.done` };
  },

  requeue() {
    return { ctes: Prisma.sql`written as (select true as done from job)`, columns: Prisma.sql`written.done` };
  },

  announce: () => true,
};

export const roomMemoryJobs = new JobLife(roomMemorySink);

/**
 * Begins the summary that a reply needs, in the reply's own worker. If that worker dies, another one finishes the summary as a job by
 * itself.
 */
export function beginRoomMemory(deps: Pick<CoreDeps, 'db'>, reply: ReplyTask, claimant: Claimant): Promise<JobFence> {
  const { roomId, character, askedBy, paidBy, request, message } = reply;
  const before = { seq: message.seq, createdAt: message.createdAt };
  const memory: MemoryRequest = { ...request, before };
  return roomMemoryJobs.begin(deps, { roomId, characterId: character.id, askedBy: askedBy.id, paidBy, request: memory }, claimant);
}
