import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { noId } from '../jobs/ai-budget.js';
import type { ReplyTask } from '../jobs/claimed-reply.js';
import type { ClaimedJob } from '../jobs/job.js';
import { JobLife } from '../jobs/job-life.js';
import type { AttemptCost, JobSink } from '../jobs/job-sink.js';
import { providersOf } from '../jobs/asked-character.js';
import { aiPausedBy, insertJobs } from '../jobs/job-statements.js';
import { wakeJobs, waitingJobs, type WaitingJob } from '../jobs/wake-job.js';
import type { CoreDeps } from '../deps.js';
import { keptSteps } from './kept-steps.js';
import type { RoomSummary, SummaryBasis, SummaryOwner } from './room-summary.js';

/** One attempt at the next step of a room's summary, for one character. */
export interface ClaimedSummary extends ClaimedJob {
  roomId: string;
  character: Pick<ReplyTask['character'], 'id' | 'handle' | 'systemPrompt' | 'model' | 'providers' | 'joinedSeq' | 'tools'>;
  /** User id of the person whose question found the room too long. */
  askedBy: string;
  /** Messages up to this seq may be summarised. */
  headSeq: number;
}

/** How an attempt ended. */
export interface SummaryEnd extends AttemptCost {
  /** Null if there is no step to keep. */
  next: NextStep | null;
}

interface NextStep {
  /** What the character knew nothing up to when the messages were read. */
  joinedSeq: number;
  /** What the step was made of, beside the messages; null for the first. */
  before: RoomSummary | null;
  /** What `loadRoomSummary` gave before the messages were read. */
  basis: SummaryBasis;
  firstSeq: number;
  upToSeq: number;
  text: string;
}

interface SummaryRow extends ClaimedJob {
  roomId: string;
  character: Omit<ClaimedSummary['character'], 'joinedSeq'>;
  joinedSeq: number | null;
  characterLeft: boolean;
  aiPaused: boolean;
  askedBy: string;
  headSeq: number;
}

interface Written {
  done: boolean;
}

const nothing = { ctes: Prisma.sql`written as (select true as done from job)`, columns: Prisma.sql`written.done` };

const kind = 'room_summary';

/**
 * Jobs that write the next step of what a character remembers of a room: a summary of what was said before the messages that a prompt
 * holds. There is one at a time for a room and a character. Nobody is told of them, and no person pays for them.
 */
const summarySink: JobSink<SummaryRow, ClaimedSummary, SummaryEnd, Written, true> = {
  kind,
  wakes: 'job',
  keptDays: 1,
  withdrawn: Prisma.sql`false`,
  places: () => ({ perRoom: undefined, perPerson: undefined }),

  claim: {
    ctes: nothing.ctes,
    columns: Prisma.sql`
      written.done, job.asked_by as "askedBy", c.last_seq as "headSeq",
      json_build_object('id', ch.id, 'handle', ch.handle, 'systemPrompt', ch.system_prompt, 'model', ch.model, 'tools', ch.tools,
        'providers', ${providersOf('job')}) as character,
      rc.joined_seq as "joinedSeq", ch.deleted_at is not null or rc.character_id is null or rc.left_rev is not null as "characterLeft",
      ${aiPausedBy('job')} is not null as "aiPaused"`,
    joins: Prisma.sql`
      join characters ch on ch.id = job.character_id join room_counters c on c.room_id = job.room_id
      left join room_characters rc on rc.room_id = job.room_id and rc.character_id = job.character_id`,
  },

  claimOf(_deps, { id, attempt, roomId, tries, call, stopRequested, steps, character, joinedSeq, askedBy, headSeq }) {
    const job = { id, attempt, roomId, tries, call, stopRequested, steps };
    return { ...job, character: { ...character, joinedSeq: joinedSeq ?? 0 }, askedBy, headSeq };
  },

  refuse({ characterLeft, stopRequested, aiPaused }, exhausted) {
    return characterLeft || stopRequested || aiPaused || exhausted ? { usage: null, next: null } : null;
  },

  end({ next }) {
    if (!next) return nothing;
    const { joinedSeq, before, basis, firstSeq, upToSeq, text } = next;
    const step = (before?.step ?? 0) + 1;
    const own = Prisma.sql`s.room_id = job.room_id and s.character_id = job.character_id`;
    const fromSeq = Prisma.sql`${joinedSeq}::int`;
    return {
      ...nothing,
      ctes: Prisma.sql`
        -- Steps that do not stand any more, and those between which there are enough.
        gone as (
          delete from summary_steps s using job
          where ${own} and s.up_to_seq <> ${upToSeq}::int
            and (s.from_seq <> ${fromSeq} or s.up_to_seq > ${before?.upToSeq ?? 0}::int or not s.step = any(${keptSteps(step)}::int[]))
        ),
        -- The others stood when this one was begun: what changed before need not be looked at again.
        standing as (
          update summary_steps s set valid_rev = ${basis.rev}::int, valid_at = ${basis.readAt}::timestamptz from job
          where ${own} and s.up_to_seq <> ${upToSeq}::int and s.from_seq = ${fromSeq} and s.up_to_seq <= ${before?.upToSeq ?? 0}::int
            and s.step = any(${keptSteps(step)}::int[])
        ),
        stored as (
          insert into summary_steps as s (room_id, character_id, up_to_seq, from_seq, first_seq, step, valid_rev, valid_at, text)
          select job.room_id, job.character_id, ${upToSeq}::int, ${fromSeq}, ${firstSeq}::int, ${step}::int, ${basis.rev}::int,
            ${basis.readAt}::timestamptz, ${text}::text
          from job join room_characters rc on rc.room_id = job.room_id and rc.character_id = job.character_id
          where rc.left_rev is null and rc.joined_seq = ${fromSeq}
          on conflict (room_id, character_id, up_to_seq) do update set from_seq = excluded.from_seq, first_seq = excluded.first_seq,
            step = excluded.step, valid_rev = excluded.valid_rev, valid_at = excluded.valid_at, text = excluded.text
        ),
        ${nothing.ctes}`,
    };
  },

  requeue: () => nothing,

  announce: () => true,
};

export const summaryJobs = new JobLife(summarySink);

/** The kind under which workers of earlier versions made summaries: what is left of them when such a worker died is ended. */
export const earlierMemoryJobs = new JobLife({ ...summarySink, kind: 'room_memory' });

/**
 * Has the next step of a summary written, if no job does that already. However many ask at once, there is one job.
 *
 * @param askedBy user id of the person whose question found the room too long; it costs them nothing
 */
export async function wantSummary(
  deps: Pick<CoreDeps, 'db' | 'bus'>,
  { roomId, character }: SummaryOwner,
  { askedBy }: { askedBy: string },
): Promise<void> {
  const [row] = await deps.db.$queryRaw<{ jobs: WaitingJob[] | null }[]>(Prisma.sql`
    with summary_job as (${insertJobs(
      {
        kind,
        id: Prisma.sql`${uuidv7()}::uuid`,
        room: Prisma.sql`${roomId}::uuid`,
        character: Prisma.sql`${character.id}::uuid`,
        askedBy: Prisma.sql`${askedBy}::uuid`,
        paidBy: Prisma.sql`${noId}::uuid`,
        request: Prisma.sql`'{}'::jsonb`,
        once: true,
      },
      Prisma.sql`(select 1 as one) cause`,
    )})
    select ${waitingJobs('summary_job')} as jobs`);
  wakeJobs(deps, row?.jobs ?? null);
}
