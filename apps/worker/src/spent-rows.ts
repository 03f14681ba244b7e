import { setTimeout } from 'node:timers/promises';
import { RoomAccess } from '@parley/core/access/room-access';
import { deleteSpentAudit } from '@parley/core/audit/delete-spent-audit';
import type { CoreDeps } from '@parley/core/deps';
import { deleteSpentInvites } from '@parley/core/accounts/delete-spent-invites';
import { deleteSpentAnswers } from '@parley/core/answers/delete-spent-answers';
import type { SweepStep } from '@parley/core/protocol/sweep-step';
import type { SweepWatch } from '@parley/core/metrics/process-metrics';
import type { QuietLog } from '@parley/core/quiet-log';
import { agentPrivateReplyJobs, agentReplyJobs } from '@parley/core/replies/agent-jobs';
import { deleteSpentProofs } from '@parley/core/credentials/delete-spent-proofs';
import { deleteSpentSessions } from '@parley/core/sessions/delete-spent-sessions';
import { deleteSpentReports } from '@parley/core/moderation/delete-spent-reports';
import { deleteSpentUsage } from '@parley/core/jobs/delete-spent-usage';
import { removeMessagesByAge, removePrivateRepliesByAge, type RetentionRule } from '@parley/core/privacy/remove-by-age';
import { goOnWithRemovals } from '@parley/core/privacy/remove-person';
import { deleteUnheldCopies } from '@parley/core/privacy/sweep-holds';
import type { LiveSettings } from '@parley/core/settings/live-settings';
import { sweepWebhooks } from '@parley/core/webhooks/sweep-webhooks';
import { jobRunners } from './replies/job-runners.js';

export interface SpentRowsOptions {
  /** How often to look, in milliseconds; a quarter more or less, so that workers do not look together. @default 3600000, an hour */
  everyMs?: number;
  /** The rest between two steps, in which others have the database, in milliseconds. @default 50 */
  restMs?: number;
  /** How long messages are kept, asked before each step. @default for good, where their rooms say nothing else */
  retention?: () => RetentionRule;
}

/**
 * Deletes rows that are of no use any more: sessions that are over with their tokens, answers kept for repeats, old deliveries of
 * webhooks, finished jobs, what was used of the AI long ago, the audit log beyond the days that it is kept, messages that are older than they are
 * kept, and what legal holds kept that were lifted; and goes on with removals of accounts that broke off. Every worker does it, step by step
 * through each table: {@link deleteSpentSessions}, {@link deleteSpentAnswers}, {@link deleteSpentUsage}, {@link removeMessagesByAge} and
 * `JobLife.deleteSpent` say what is spent.
 */
export class SpentRows {
  readonly #deps: CoreDeps & { quietLog: QuietLog; settings: Pick<LiveSettings, 'get'>; sweeps?: SweepWatch | undefined };
  readonly #everyMs: number;
  readonly #restMs: number;
  readonly #rooms: RoomAccess;
  readonly #sweeps: readonly ((after: string | null) => Promise<SweepStep>)[];
  readonly #stopped = new AbortController();
  #running: Promise<void> | null = null;
  #sweeping: Promise<number> | null = null;

  constructor(
    deps: CoreDeps & { quietLog: QuietLog; settings: Pick<LiveSettings, 'get'>; sweeps?: SweepWatch | undefined },
    { everyMs = 3_600_000, restMs = 50, retention = () => ({ days: null }) }: SpentRowsOptions = {},
  ) {
    this.#deps = deps;
    this.#everyMs = everyMs;
    this.#restMs = restMs;
    this.#rooms = new RoomAccess(deps);
    this.#sweeps = [
      (after) => deleteSpentSessions(deps, after),
      () => deleteSpentProofs(deps),
      (after) => deleteSpentAnswers(deps, after),
      () => deleteSpentInvites(deps),
      // Jobs that agents do are done nowhere here, but no less spent.
      ...[...jobRunners.values(), agentReplyJobs, agentPrivateReplyJobs].map(
        (jobs) => (after: string | null) => jobs.deleteSpent(deps, after),
      ),
      (after) => sweepWebhooks(deps, after),
      () => deleteSpentUsage(deps),
      (after) => removeMessagesByAge(deps, retention(), after),
      (after) => removePrivateRepliesByAge(deps, retention(), after),
      () => deleteUnheldCopies(deps),
      () => goOnWithRemovals({ ...deps, rooms: this.#rooms }),
      () => deleteSpentAudit(deps, { days: deps.settings.get('auditDays') }),
      () => deleteSpentReports(deps),
    ];
  }

  /** Begins to look again and again. The first time is after the interval, because a start has other things to do. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Looks through all tables now, or joins a look that is under way; never rejects. @returns how many rows went */
  sweep(): Promise<number> {
    this.#sweeping ??= this.#sweepAll().finally(() => {
      this.#sweeping = null;
    });
    return this.#sweeping;
  }

  /** Resolves once the step under way is done. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all([this.#running, this.#sweeping]);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    const wait = () => setTimeout(this.#everyMs * (0.75 + Math.random() / 2), true, { signal, ref: false }).catch(() => false);
    while (await wait()) await this.sweep();
  }

  async #sweepAll(): Promise<number> {
    let deleted = 0;
    const startedAt = performance.now();
    const { signal } = this.#stopped;
    for (const step of this.#sweeps) {
      let after: string | null = null;
      do {
        if (signal.aborted) return deleted;
        try {
          const done: SweepStep = await step(after);
          deleted += done.deleted;
          after = done.next;
        } catch (error) {
          // The other tables are no worse for it.
          this.#deps.quietLog.warn('spent rows could not be deleted; the next sweep tries again', error);
          after = null;
        }
        if (after !== null) await this.#rest();
      } while (after !== null);
    }
    this.#deps.sweeps?.swept('spent_rows', (performance.now() - startedAt) / 1000, deleted);
    if (deleted > 0) this.#deps.log.info({ deleted }, 'spent sessions, kept answers and finished jobs were deleted');
    return deleted;
  }

  /** Ends early, and without an error, when the worker stops. */
  async #rest(): Promise<void> {
    await setTimeout(this.#restMs, undefined, { signal: this.#stopped.signal }).catch(() => {});
  }
}
