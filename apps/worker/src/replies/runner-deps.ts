import type { Claimant, CoreDeps, QuietLog } from '@parley/core';
import type { WorkerMetrics } from '../metrics.js';
import type { Models } from '../models/providers.js';
import type { DeltaBatcher } from './delta-batcher.js';
import type { PrepareSettings } from './prepare-call.js';

export interface ReplySettings extends PrepareSettings {
  /** How many replies may set each other off in a row, by mention. */
  maxDepth: number;
  /** First wait before another attempt, in milliseconds; it doubles. */
  retryDelayMs: number;
  /** How long the end of a job is tried to be written while the database is away, in milliseconds. */
  finishLimitMs: number;
  /** @default contracts' maxReplyBytes */
  maxReplyBytes?: number;
}

/** What every runner of a job is given. */
export interface RunnerDeps extends CoreDeps {
  models: Models;
  batcher: DeltaBatcher;
  metrics: WorkerMetrics;
  quietLog: QuietLog;
  claimant: Claimant & { maxTries: number };
  settings: ReplySettings;
  /** Wakes a worker for a job once its delay is over. @param wakeUp entry of the queue */
  wakeLater: (wakeUp: string, delayMs: number) => void;
}
