import type { BusSubscription } from '@parley/bus';
import { jobOfWakeUp } from '@parley/core/jobs/job';
import type { AttemptOutcome } from './attempt-outcome.js';
import { jobRunners, type ClaimedRun, type JobRunner } from './job-runners.js';
import type { RunnerDeps } from './runner-deps.js';

export interface JobWorkerOptions {
  /** Jobs done at once. */
  concurrency: number;
  /** How often to look for jobs that no wake-up told of, in milliseconds; a quarter more or less, so that workers do not look together. */
  sweepMs: number;
}

/** How many entries of the queue may have their claim under way at once. */
const maxClaims = 16;

/**
 * Takes jobs of every kind and does them, up to `concurrency` at once. The queue's wake-ups make a job begin quickly, and the sweep
 * makes sure that it begins: without a queue, or if the queue lost everything, jobs begin a sweep later.
 */
export class JobWorker {
  readonly #deps: RunnerDeps;
  readonly #options: JobWorkerOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #handBack = new AbortController();
  readonly #wakeUps = new Set<NodeJS.Timeout>();
  /** Entries of the queue whose claim is under way. */
  readonly #deciding = new Set<Promise<void>>();
  /** Places taken by each kind, those for claims under way included. */
  readonly #taken = new Map<JobRunner, number>();
  #queue: BusSubscription | null = null;
  #sweepTimer: NodeJS.Timeout | null = null;
  #sweeping: Promise<void> | null = null;
  /** Places kept for claims under way. */
  #claiming = 0;
  /** True if a job may wait for which no wake-up will come again: look for it once there is room. */
  #waiting = false;
  /** The kinds in the order of the last sweep. Each kind goes first in turn, so that no kind always takes the last place. */
  #order: readonly JobRunner[] = [...jobRunners.values()];
  #stopping = false;

  constructor(deps: Omit<RunnerDeps, 'wakeLater'>, options: JobWorkerOptions) {
    this.#deps = { ...deps, wakeLater: (wakeUp, delayMs) => this.#wakeLater(wakeUp, delayMs) };
    this.#options = options;
  }

  /** Jobs being done now. */
  get inFlight(): number {
    return this.#running.size;
  }

  /** Begins to take jobs. Resolves once the worker listens to the queue, or knows that the queue is away for now. */
  async start(): Promise<void> {
    await this.#listen();
    this.#sweep();
  }

  /**
   * Takes no more jobs, lets those running end within `limitMs`, and gives the rest to other workers. A job whose claim is under way
   * counts as running if the claim succeeds. Resolves when nothing runs any more.
   */
  async stop(limitMs: number): Promise<void> {
    this.#stopping = true;
    this.#queue?.unsubscribe();
    if (this.#sweepTimer) clearTimeout(this.#sweepTimer);
    for (const timer of this.#wakeUps) clearTimeout(timer);
    this.#wakeUps.clear();
    let limit: NodeJS.Timeout | undefined;
    const timeUp = new Promise<void>((resolve) => {
      limit = setTimeout(resolve, limitMs);
    });
    const idle = this.#idle();
    await Promise.race([idle, timeUp]);
    clearTimeout(limit);
    this.#handBack.abort();
    await idle;
  }

  /** Resolves once no claim is under way and every claimed job has ended. */
  async #idle(): Promise<void> {
    await Promise.all([this.#sweeping, ...this.#deciding]);
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  get #free(): number {
    return this.#options.concurrency - this.#running.size - this.#claiming;
  }

  async #listen(): Promise<void> {
    if (this.#queue || this.#stopping) return;
    const { bus, quietLog } = this.#deps;
    try {
      const decide = (wakeUp: string): Promise<void> => {
        const deciding = this.#onWakeUp(wakeUp).finally(() => this.#deciding.delete(deciding));
        this.#deciding.add(deciding);
        return deciding;
      };
      const queue = await bus.jobs.consume(decide, { maxInFlight: maxClaims });
      if (this.#stopping) queue.unsubscribe();
      else this.#queue = queue;
    } catch (error) {
      quietLog.warn('cannot listen to the queue of jobs; the sweep finds them', error);
    }
  }

  /**
   * Claims the job of an entry. The entry is acknowledged when this resolves: by then the job is claimed, or left to others or to a
   * sweep.
   */
  async #onWakeUp(wakeUp: string): Promise<void> {
    if (this.#stopping) return;
    if (this.#free <= 0) {
      this.#waiting = true;
      return;
    }
    const { kind, id } = jobOfWakeUp(wakeUp);
    const runner = jobRunners.get(kind);
    // Only newer workers know this kind: leave the job to them.
    if (!runner) return;
    if (this.#isFull(runner)) {
      this.#waiting = true;
      return;
    }
    this.#claiming++;
    try {
      await this.#claim(runner, () => runner.claimNext(this.#deps, id));
    } catch (error) {
      this.#deps.quietLog.warn('cannot claim a job; the sweep tries again', error);
    } finally {
      this.#claiming--;
    }
  }

  /** Whether jobs of this kind have all the places that they may have. */
  #isFull(runner: JobRunner): boolean {
    const most = Math.max(1, Math.floor(this.#options.concurrency * (runner.share ?? 1)));
    return (this.#taken.get(runner) ?? 0) >= most;
  }

  #count(runner: JobRunner, change: 1 | -1): void {
    this.#taken.set(runner, (this.#taken.get(runner) ?? 0) + change);
  }

  /** Claims a job of a kind, and begins it. @returns false when nothing was claimed */
  async #claim(runner: JobRunner, claim: () => Promise<ClaimedRun | null>): Promise<boolean> {
    this.#count(runner, 1);
    let claimed: ClaimedRun | null = null;
    try {
      claimed = await claim();
    } finally {
      if (!claimed) this.#count(runner, -1);
    }
    if (!claimed) return false;
    this.#begin(runner, claimed);
    return true;
  }

  #begin(runner: JobRunner, claimed: ClaimedRun): void {
    const key = `${claimed.fence.id}:${claimed.fence.attempt}`;
    const startedAt = performance.now();
    const doing: Promise<AttemptOutcome> = claimed.run(this.#handBack.signal);
    const run = doing.then((outcome) => {
      this.#deps.metrics.jobEnded(runner.kind, outcome, (performance.now() - startedAt) / 1000);
      this.#running.delete(key);
      this.#count(runner, -1);
      // The job has freed its places in its room and of its asker. The jobs waiting for them had their wake-up long ago, so look for
      // them.
      this.#waiting = true;
      this.#sweep();
    });
    this.#running.set(key, run);
  }

  /** Looks for jobs now, and again after the interval; at once if more jobs may wait and there is room. Sweeps do not overlap. */
  #sweep(): void {
    if (this.#sweeping || this.#stopping) return;
    if (this.#sweepTimer) clearTimeout(this.#sweepTimer);
    this.#sweeping = this.#claimOverdue().then((more) => {
      this.#sweeping = null;
      if (this.#stopping) return;
      const waitMs = (more || this.#waiting) && this.#free > 0 ? 0 : this.#options.sweepMs * (0.75 + Math.random() / 2);
      this.#sweepTimer = setTimeout(() => this.#sweep(), waitMs);
    });
  }

  /** Claims jobs that wait or whose lease lapsed. @returns whether there may be more to take */
  async #claimOverdue(): Promise<boolean> {
    await this.#listen();
    const startedAt = performance.now();
    let claimed = 0;
    // Take half of the free places at most, so that wake-ups that come meanwhile find a place.
    let left = Math.ceil(this.#free / 2);
    if (left <= 0) return false;
    this.#waiting = false;
    this.#claiming += left;
    try {
      this.#order = [...this.#order.slice(1), ...this.#order.slice(0, 1)];
      for (const runner of this.#order) {
        // Claim one job at a time, so that each begins at once even if the next claim fails, and a stop ends the sweep.
        while (left > 0 && !this.#stopping && !this.#isFull(runner) && (await this.#claim(runner, () => runner.sweep(this.#deps)))) {
          left--;
          claimed++;
          this.#claiming--;
        }
      }
      return left === 0;
    } catch (error) {
      this.#deps.quietLog.warn('cannot look for jobs that wait', error);
      return false;
    } finally {
      this.#claiming -= left;
      this.#deps.sweeps?.swept('jobs', (performance.now() - startedAt) / 1000, claimed);
    }
  }

  #wakeLater(wakeUp: string, delayMs: number): void {
    if (this.#stopping) return;
    const timer = setTimeout(() => {
      this.#wakeUps.delete(timer);
      void this.#deps.bus.jobs.enqueue(wakeUp);
    }, delayMs);
    this.#wakeUps.add(timer);
  }
}
