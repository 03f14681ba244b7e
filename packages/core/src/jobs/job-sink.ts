import type { Usage } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { Claimant, ClaimedJob, JobFence, JobKind } from './job.js';
import type { Places } from './turns.js';

/** What publishes and logs: all that a sink uses after the commit. */
export type SinkDeps = Pick<CoreDeps, 'bus' | 'log'>;

/**
 * The part that a kind of job adds to a statement, after the CTE `job` with the job's row as it is now (every column of `jobs`).
 * Where `job` has no row the sink must write nothing.
 */
export interface SinkPart {
  /** CTEs, the last of them `written`, with one row where something was written. */
  ctes: Prisma.Sql;
  /** What the statement selects, from `job`, `written` and what {@link joins} adds. */
  columns: Prisma.Sql;
  /** Further sources, beginning with a comma or a join. @default none */
  joins?: Prisma.Sql;
}

/** What of a job is known once its attempt is given up: `queued` again, or over. An expression over the CTE `job`. */
export const outcomeOfJob = Prisma.sql`
  case when job.state = 'queued' then 'queued' when job.stop_requested_at is null then 'failed' else 'stopped' end`;

/** What an attempt had come to when it was given up. */
export interface AttemptSoFar {
  /** Kept where someone had asked to stop; another attempt starts without it. */
  content: string;
  model: string | null;
  /** Counts towards the asker's tokens of the day, unless it was handed back to be done again: then others are to blame. */
  usage: Usage | null;
}

export const nothingSoFar: AttemptSoFar = { content: '', model: null, usage: null };

/** Why an attempt failed, as the one who asked may read it. */
export interface JobError {
  code: string;
  message: string;
}

/**
 * What a kind of job does beside the life that all have in common: what its statements write besides the job's row, in the same
 * statement, and whom they tell after the commit. `core/jobs` knows no kind; each sink is in the folder of what it writes.
 */
export interface JobSink<
  Row extends ClaimedJob,
  Claim extends JobFence,
  End extends { usage: Usage | null },
  Written extends object,
  View,
> {
  kind: JobKind;
  /** How many at once. */
  places(claimant: Claimant): Places;
  /** Whether a wake-up for one job may be served by another of its room, whose turn it is. */
  wakes: 'job' | 'room';
  claim: SinkPart;
  /** What the worker is given. The room, or the asker, is told here that the job has begun. */
  claimOf(deps: SinkDeps, row: Row & Written): Claim;
  /** The end to write at once where no attempt can do this job; null where it can be done. `exhausted`: its tries are used up. */
  refuse(row: Row & Written, exhausted: boolean): End | null;
  /** True in SQL where the one who asked may see nothing of it any more, and so is taken to have stopped it. Over `jobs j`. */
  withdrawn: Prisma.Sql;
  end(end: End): SinkPart;
  /** @param error shown if this was the last try */
  requeue(error: JobError | null, soFar: AttemptSoFar): SinkPart;
  /** Tells of what a statement wrote, and gives the view of it. */
  announce(deps: SinkDeps, written: Written): View;
}
