import type { MaybeTracer } from '@parley/bus';
import type { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import type { Resolve } from '@parley/core/webhooks/webhook-target';
import type { CoreDeps } from '@parley/core/deps';
import type { Claimant } from '@parley/core/jobs/job';
import type { SweepWatch } from '@parley/core/metrics/process-metrics';
import type { QuietLog } from '@parley/core/quiet-log';
import type { WorkerMetrics } from '../metrics.js';
import type { Models } from '../models/providers.js';
import type { HostPlaces } from '../webhooks/host-places.js';
import type { DeltaBatcher } from '@parley/core/replies/delta-batcher';
import type { PrepareSettings } from './prepare-call.js';

export interface ReplySettings extends PrepareSettings {
  /** How many replies in a row may each be called by a mention in the one before. */
  maxDepth: number;
  /** The wait after the first failed attempt, in milliseconds; it doubles with each further one. */
  retryDelayMs: number;
  /** How long to try to write the end of a job while the database is away, in milliseconds. */
  finishLimitMs: number;
  /** @default contracts' maxReplyBytes */
  maxReplyBytes?: number;
}

export interface WebhookSettings {
  /** Private addresses that may be called. */
  allowed: AllowedAddresses;
  /** How long one attempt may take, in milliseconds. */
  answerMs: number;
  /** The wait after the first attempt that was not taken, in milliseconds; it doubles with each further one. */
  retryDelayMs: number;
  /** How long after the first attempt the last may be, in milliseconds. */
  retryForMs: number;
  /** What this process sends at once to one host. */
  hosts: HostPlaces;
  /** Finds the addresses of a name. @default the system's resolver */
  resolve?: Resolve | undefined;
}

/** What every runner of a job is given. */
export interface RunnerDeps extends CoreDeps {
  models: Models;
  batcher: DeltaBatcher;
  metrics: WorkerMetrics;
  /** Records where the time of jobs goes. @default nothing is recorded */
  tracer?: MaybeTracer;
  quietLog: QuietLog;
  /** Told of what sweeps repaired. @default nobody is told */
  sweeps?: SweepWatch | undefined;
  claimant: Claimant & { maxTries: number };
  settings: ReplySettings;
  webhooks: WebhookSettings;
  /** Wakes a worker for a job once its delay is over. @param wakeUp entry of the queue */
  wakeLater: (wakeUp: string, delayMs: number) => void;
}
