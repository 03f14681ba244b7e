import { inCall } from '@parley/bus';
import type { BudgetLimits, Usage } from '@parley/contracts';
import { isUniqueViolation, Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { reserveAiCall, settleAiUsage, type CallEstimate, type Reservation } from './ai-budget.js';
import { firstId, type SweepStep } from '../protocol/sweep-step.js';
import { claimedColumns, fromNow, held, type Claimant, type ClaimedJob, type JobFence } from './job.js';
import { nothingSoFar, type AttemptCost, type AttemptSoFar, type JobSink, type SinkPart } from './job-sink.js';
import type { Spent } from './model-prices.js';
import { exhausted } from './retry-decision.js';
import { aiPausedBy } from './job-statements.js';
import { allAnswered } from './answer-call.js';
import { toolCallViews, type ReplyStep } from './reply-steps.js';
import { wakeJobs } from './wake-job.js';
import { byTurns, claimable, isPlaceTaken, takePlaces } from './turns.js';

/** What a renewal finds. */
export interface Lease {
  /** True where another attempt began or the job has ended: nothing this attempt writes counts any more. */
  fenced: boolean;
  /**
   * User id of the person who wants the job stopped, or who paused the AI of its room. The order on the bus may be lost; this comes from the
   * rows.
   */
  stopRequestedBy: string | null;
}

/** `stopped`: somebody had asked to stop the job meanwhile. `fenced`: another attempt or an end came first, and nothing was written. */
export type RequeueOutcome = 'requeued' | 'stopped' | 'fenced';

const defaultMaxTries = 5;

/** Jobs that one step of {@link JobLife.deleteSpent} looks at: a few milliseconds of work. */
const stepJobs = 500;

/**
 * How often, at most, a claim chooses its places. It chooses from a snapshot, so claims at the same moment may choose the same place:
 * all but the first then choose again.
 */
const maxChoices = 8;

/**
 * The life of the jobs of one kind, from the claim to the end. A write of an attempt names that attempt, and matches nothing once the
 * attempt is over. The kind's sink adds its own writes to the statements that claim, end or give up an attempt, so that the job and what
 * the sink writes always change together.
 */
export class JobLife<Row extends ClaimedJob, Claim extends JobFence, End extends AttemptCost, Written extends object, View> {
  readonly #sink: JobSink<Row, Claim, End, Written, View>;

  constructor(sink: JobSink<Row, Claim, End, Written, View>) {
    this.#sink = sink;
  }

  get kind() {
    return this.#sink.kind;
  }

  /**
   * Claims one job for this worker if the job waits, or if its lease lapsed by the database's clock. If several workers claim the job at
   * once, one of them gets it.
   *
   * @returns null if the job is done, held by another worker, not due yet, unknown, or without a free place; also if no attempt can do
   * the job, which this call then ends
   */
  async claim(deps: CoreDeps, id: string, claimant: Claimant): Promise<Claim | null> {
    const outcome = await this.#claim(deps, claimant, Prisma.sql`and j.id = ${id}::uuid for no key update of j`);
    return outcome === 'none' ? null : outcome.claim;
  }

  /**
   * Claims a job for a worker that was woken for the job `id`: that job or, if the kind takes turns by room, the job of the same room
   * whose turn it is.
   */
  async claimNext(deps: CoreDeps, id: string, claimant: Claimant): Promise<Claim | null> {
    if (this.#sink.wakes === 'job') return this.claim(deps, id, claimant);
    const which = Prisma.sql`
      and j.room_id = (select woken.room_id from jobs woken where woken.id = ${id}::uuid)
      ${byTurns} limit 1 for no key update of j skip locked`;
    return this.#claimFirst(deps, claimant, which);
  }

  /**
   * Claims the next job by turns, so that jobs are done for which no wake-up came, or which had no free place until now. A call claims
   * one job: each claim is a statement of its own, so that no process holds two rooms' counters. Rows that another process is claiming
   * are skipped.
   */
  sweep(deps: CoreDeps, claimant: Claimant): Promise<Claim | null> {
    return this.claimWhere(deps, claimant, Prisma.empty);
  }

  /**
   * Claims the next job by turns of those that a condition picks, for who does only some jobs of the kind.
   *
   * @param which condition on `jobs j`, beginning with `and`
   */
  claimWhere(deps: CoreDeps, claimant: Claimant, which: Prisma.Sql): Promise<Claim | null> {
    return this.#claimFirst(deps, claimant, Prisma.sql`${which} ${byTurns} limit 1 for no key update of j skip locked`);
  }

  /** Renews an attempt's lease for another `leaseMs`, also after the lease lapsed if nobody has claimed the job since. */
  async renew({ db }: Pick<CoreDeps, 'db'>, { id, attempt }: JobFence, { leaseMs }: Claimant): Promise<Lease> {
    const [row] = await db.$queryRaw<{ stopRequestedBy: string | null }[]>(Prisma.sql`
      update jobs j set lease_until = ${fromNow(leaseMs)}
      where ${held({ id, attempt })}
      returning coalesce(j.stop_requested_by, case when ${this.#sink.withdrawn} then j.asked_by end, ${aiPausedBy('j')}) as "stopRequestedBy"`);
    return { fenced: row === undefined, stopRequestedBy: row?.stopRequestedBy ?? null };
  }

  /**
   * Counts the most that a call may use which an attempt is about to open, unless that might pass a limit. The attempt's end settles it.
   *
   * @param limits of the instance
   */
  reserve(deps: Pick<CoreDeps, 'db'>, fence: JobFence, most: CallEstimate, limits: BudgetLimits): Promise<Reservation> {
    return reserveAiCall(deps, fence, most, limits);
  }

  /**
   * Keeps what an attempt has finished, so that the next goes on after it, and tells readers of it.
   *
   * @returns false if another attempt or an end came first; then nothing is written
   */
  async keepSteps(deps: CoreDeps, fence: JobFence, steps: readonly ReplyStep[]): Promise<boolean> {
    const { ctes, columns, joins } = this.#sink.steps!(toolCallViews(steps));
    const [row] = await deps.db.$queryRaw<Written[]>(Prisma.sql`
      with job as (update jobs j set steps = ${JSON.stringify(steps)}::jsonb where ${held(fence)} returning j.*),
      ${ctes}
      select ${columns} from job cross join written ${joins ?? Prisma.empty}`);
    if (!row) return false;
    this.#sink.announce(deps, row);
    return true;
  }

  /** Counts what an attempt had cost that somebody else ended while it ran, for example by deleting its message. */
  async settle(deps: Pick<CoreDeps, 'db'>, fence: JobFence, usage: Usage | null, spent: Spent | null = null): Promise<void> {
    if (usage) await countUsedAfterEnd(deps, fence, usage, spent);
  }

  /**
   * Writes the end of an attempt, what the kind's sink keeps of it, and what its calls used. The first end wins.
   *
   * @param end its `usage` is what all calls of the attempt cost; null if no call was opened, or if nobody knows: what was reserved then stays counted
   * @returns null if another attempt or another end came first; then at most the usage is written
   */
  async end(deps: CoreDeps, fence: JobFence, end: End): Promise<View | null> {
    try {
      return await this.#end(deps, fence, end);
    } catch (error) {
      // Another end wrote the very line that this one would have written. It is there by now, and this one leaves it out.
      if (!isUniqueViolation(error, 'messages_pkey')) throw error;
      return await this.#end(deps, fence, end);
    }
  }

  async #end(deps: CoreDeps, fence: JobFence, end: End): Promise<View | null> {
    const { own = Prisma.empty, ctes, columns, joins } = await this.#sink.end(end);
    const counted = this.#sink.free ? null : end.usage;
    const [row] = await deps.db.$queryRaw<Written[]>(Prisma.sql`
      with job as (
        update jobs j set state = 'done', lease_owner = null, lease_until = null, finished_at = clock_timestamp(), steps = '[]', usage = ${shown(end.usage)} ${own}
        where ${held(fence)}
        returning j.*
      ),
      ${ctes},
      -- The tokens are counted after the sink's locks: two jobs of one person may end at once, in one room or in two.
      ${settleAiUsage(counted, end.spent ?? null, Prisma.sql`job cross join written`)}
      select ${columns} from job cross join written ${joins ?? Prisma.empty}`);
    if (row) return this.#sink.announce(deps, row);
    if (counted) await countUsedAfterEnd(deps, fence, counted, end.spent ?? null);
    return null;
  }

  /**
   * Gives an attempt up that ended badly. The job is tried again when `delayMs` milliseconds are over. {@link decideRetry} says whether it
   * should be; where it should not, {@link end} ends the job.
   */
  async retry(deps: CoreDeps, fence: JobFence, delayMs: number, soFar = nothingSoFar): Promise<RequeueOutcome> {
    return this.#requeue(deps, fence, { countsAsTry: true, delayMs }, soFar);
  }

  /** Gives a job back because this process is stopping: another worker may start it at once, and its tries stay as they are. */
  async handBack(deps: CoreDeps, fence: JobFence, soFar = nothingSoFar): Promise<RequeueOutcome> {
    return this.#requeue(deps, fence, { countsAsTry: false, delayMs: 0 }, soFar);
  }

  /**
   * Lays a job down, without a lease, until its calls that wait are answered. It takes none of the places of its room and its asker
   * meanwhile, and its tries stay as they are. If all were answered before this, it can be claimed at once.
   *
   * @param rest.delayMs when it is to go on although they are not
   */
  async rest(deps: CoreDeps, fence: JobFence, rest: { steps: readonly ReplyStep[]; delayMs: number }, soFar: AttemptSoFar) {
    const { steps, delayMs } = rest;
    return this.#requeue(deps, fence, { countsAsTry: false, delayMs, steps }, { ...soFar, waiting: toolCallViews(steps) });
  }

  /** Gives a job back because it cannot be done just now, through no fault of its own: its tries stay as they are. */
  async putOff(deps: CoreDeps, fence: JobFence, delayMs: number): Promise<RequeueOutcome> {
    return this.#requeue(deps, fence, { countsAsTry: false, delayMs }, nothingSoFar);
  }

  async #requeue(
    deps: CoreDeps,
    fence: JobFence,
    { countsAsTry, delayMs, steps = null }: { countsAsTry: boolean; delayMs: number; steps?: readonly ReplyStep[] | null },
    soFar: AttemptSoFar,
  ): Promise<RequeueOutcome> {
    const { own = Prisma.empty, ctes, columns, joins } = this.#sink.requeue(soFar);
    const later = fromNow(delayMs);
    const kept = steps ? Prisma.sql`${JSON.stringify(steps)}::jsonb` : Prisma.sql`j.steps`;
    const due = steps ? Prisma.sql`case when ${allAnswered(kept)} then clock_timestamp() else ${later} end` : later;
    const [row] = await deps.db.$queryRaw<(Written & { jobOver: boolean; jobDue: boolean; jobCharacterId: string })[]>(Prisma.sql`
      with job as (
        update jobs j set lease_owner = null, lease_until = null, available_at = ${due},
          tries = j.tries + ${countsAsTry ? 1 : 0}::int, (state, finished_at, usage, steps) = (
            select case when over then 'done' else 'queued' end, case when over then clock_timestamp() end,
              case when over then ${shown(soFar.usage)} end, case when over then '[]' else ${kept} end
            from (select j.stop_requested_at is not null as over) stop
          ) ${own}
        where ${held(fence)}
        returning j.*
      ),
      ${ctes},
      ${settleAiUsage(soFar.usage, soFar.spent ?? null, Prisma.sql`job cross join written`)}
      select ${columns}, job.state = 'done' as "jobOver", job.available_at <= clock_timestamp() as "jobDue", job.character_id as "jobCharacterId"
      from job cross join written ${joins ?? Prisma.empty}`);
    if (!row) return 'fenced';
    this.#sink.announce(deps, row);
    if (row.jobOver) return 'stopped';
    if (delayMs <= 0 || (steps && row.jobDue)) wakeJobs(deps, [{ id: fence.id, kind: this.kind, characterId: row.jobCharacterId }]);
    return 'requeued';
  }

  /**
   * One step of the sweep that deletes jobs of this kind that finished longer ago than the kind keeps them. Sweeps of several processes
   * may run at once.
   *
   * @param after the id that the step before returned as `next`; null to begin
   */
  async deleteSpent({ db }: Pick<CoreDeps, 'db'>, after: string | null): Promise<SweepStep> {
    const [row] = await db.$queryRaw<{ deleted: number; last: string | null; looked: number }[]>(Prisma.sql`
      with looked as (select j.id from jobs j where j.id > ${after ?? firstId}::uuid order by j.id limit ${stepJobs}::int),
      picked as (
        select j.id from jobs j
        where j.id = any(array(select id from looked)) and j.kind = ${this.kind} and j.state = 'done'
          and j.finished_at <= now() - ${this.#sink.keptDays}::int * interval '1 day'
        for update of j skip locked
      ),
      gone as (delete from jobs j where j.id = any(array(select id from picked)) returning j.id)
      select (select count(*)::int from gone) as deleted, (select id from looked order by id desc limit 1) as last,
        (select count(*)::int from looked) as looked`);
    const { deleted, last, looked } = row!;
    return { deleted, next: looked < stepJobs ? null : last };
  }

  async #claimFirst(deps: CoreDeps, claimant: Claimant, which: Prisma.Sql): Promise<Claim | null> {
    for (;;) {
      const outcome = await this.#claim(deps, claimant, which);
      if (outcome === 'none') return null;
      if (outcome.claim) return outcome.claim;
    }
  }

  async #claim(deps: CoreDeps, claimant: Claimant, which: Prisma.Sql): Promise<'none' | { claim: Claim | null }> {
    for (let choice = 1; ; choice++) {
      try {
        return await this.#claimOnce(deps, claimant, which);
      } catch (error) {
        if (!isPlaceTaken(error)) throw error;
        // The workers that hold the places will free them, and then look for the next job.
        if (choice === maxChoices) return 'none';
      }
    }
  }

  async #claimOnce(deps: CoreDeps, claimant: Claimant, which: Prisma.Sql): Promise<'none' | { claim: Claim | null }> {
    const sink = this.#sink;
    const places = sink.places(claimant);
    const { ctes, columns, joins }: SinkPart = sink.claim;
    const [row] = await deps.db.$queryRaw<(Row & Written)[]>(Prisma.sql`
      with picked as (${claimable(sink.kind, places)} ${which}),
      job as (
        update jobs j set state = 'streaming', attempt = j.attempt + 1, tries = j.tries + case j.state when 'streaming' then 1 else 0 end,
          lease_owner = ${claimant.id}::text, lease_until = ${fromNow(claimant.leaseMs)}, claimed_at = clock_timestamp(),
          -- What an attempt before this one had counted stays counted.
          reserved_tokens = 0, reserved_cost = 0, reserved_on = null, ${takePlaces(places)}
        from picked where j.id = picked.id
        returning j.*
      ),
      ${ctes}
      select ${claimedColumns}, ${columns} from job cross join written ${joins ?? Prisma.empty}`);
    if (!row) return 'none';
    return inCall(row.call, async () => {
      const claim = sink.claimOf(deps, row);
      const refused = sink.refuse(row, exhausted(row.tries, claimant.maxTries ?? defaultMaxTries));
      if (!refused) return { claim };
      await this.end(deps, claim, refused);
      return { claim: null };
    });
  }
}

/** The usage that a job `j` and its message show: none where its calls were counted before and cost nothing, because they were refused. */
function shown(usage: Usage | null): Prisma.Sql {
  if (!usage) return Prisma.sql`null::jsonb`;
  const tokens = usage.inputTokens + usage.outputTokens;
  return Prisma.sql`case when ${tokens}::bigint > 0 or j.reserved_tokens = 0 then ${JSON.stringify(usage)}::jsonb end`;
}

/**
 * Counts the usage of an attempt that somebody else ended while it ran, for example by deleting its message: the tokens are spent all
 * the same.
 */
async function countUsedAfterEnd(
  { db }: Pick<CoreDeps, 'db'>,
  { id, attempt }: JobFence,
  usage: Usage,
  spent: Spent | null,
): Promise<void> {
  await db.$executeRaw(Prisma.sql`
    with job as (
      update jobs j set usage = ${shown(usage)}
      where j.id = ${id}::uuid and j.attempt = ${attempt}::int and j.state = 'done' and j.usage is null
      returning j.*
    ),
    ${settleAiUsage(usage, spent, Prisma.sql`job`)}
    select 1`);
}
