import type { ToolCallView, Usage } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { Claimant, ClaimedJob, JobFence, JobKind } from './job.js';
import type { Spent } from './model-prices.js';
import type { NewReceipt } from '../protocol/receipt.js';
import type { Places } from './turns.js';

/**
 * The part that a kind of job adds to a statement. It follows the CTE `job`, which has the job's row as it is now (every column of
 * `jobs`). If `job` has no row, the part must write nothing.
 */
export interface SinkPart {
  /** Further assignments to the job's own row `j`, beginning with a comma; of an end, and of an attempt that is given up. @default none */
  own?: Prisma.Sql;
  /** CTEs. The last of them is `written`, with one row if something was written. */
  ctes: Prisma.Sql;
  /** What the statement selects, from `job`, `written` and what {@link joins} adds. */
  columns: Prisma.Sql;
  /** Further sources, beginning with a comma or a join. @default none */
  joins?: Prisma.Sql;
}

/** The state of a job whose attempt was given up: `queued` again, or `stopped`. An expression over the CTE `job`. */
export const outcomeOfJob = Prisma.sql`case job.state when 'queued' then 'queued' else 'stopped' end`;

/** What the calls of an attempt came to. */
export interface AttemptCost {
  /** Null if no call was opened, or if nobody knows. */
  usage: Usage | null;
  /** What it cost in money. @default nothing, of a model that is not known */
  spent?: Spent | null;
}

/** What an attempt had come to when it was given up. */
export interface AttemptSoFar extends AttemptCost {
  /** The text is kept if somebody had asked to stop the job; another attempt starts without it. */
  content: string;
  model: string | null;
  /** What it was made from. @default none */
  receipt?: NewReceipt | null;
  /** Of one that waits until somebody allows a call: what readers see of its calls. The text stays in sight. @default it does not wait */
  waiting?: ToolCallView[];
}

export const nothingSoFar: AttemptSoFar = { content: '', model: null, usage: null };

/**
 * What one kind of job adds to the life that all jobs share: what its statements write besides the job's row, and whom they tell after
 * the commit. No sink is in `core/jobs`: each is in the folder of what it writes.
 */
export interface JobSink<Row extends ClaimedJob, Claim extends JobFence, End extends AttemptCost, Written extends object, View> {
  kind: JobKind;
  /** How many jobs of this kind may be under way at once. */
  places(claimant: Claimant): Places;
  /** `job`: a wake-up serves the job it names. `room`: it serves the job of that job's room whose turn it is. */
  wakes: 'job' | 'room';
  /** How many days the row of a finished job is kept. It is needed to have the job done again. */
  keptDays: number;
  /** True if attempts cost no tokens of this server's: the usage that an end names is shown, and counts for nobody. @default false */
  free?: true;
  claim: SinkPart;
  /** Makes what the worker is given, and tells the room or the asker that the job has begun. */
  claimOf(deps: Pick<CoreDeps, 'bus' | 'log'>, row: Row & Written): Claim;
  /** The end to write at once if no attempt can do this job; null if one can. `exhausted`: the job's tries are used up. */
  refuse(row: Row & Written, exhausted: boolean): End | null;
  /** A condition on `jobs j`: true if the asker may see nothing of the job any more. The asker then counts as having stopped it. */
  withdrawn: Prisma.Sql;
  end(end: End): SinkPart | Promise<SinkPart>;
  /** For an attempt that was given up: the job waits again, or is over because somebody had asked to stop it. */
  requeue(soFar: AttemptSoFar): SinkPart;
  /** For what an attempt has finished. @default the kind's attempts have no steps */
  steps?(tools: ToolCallView[]): SinkPart;
  /** Publishes what a statement wrote, and returns the view of it. */
  announce(deps: Pick<CoreDeps, 'bus' | 'log'>, written: Written): View;
}
