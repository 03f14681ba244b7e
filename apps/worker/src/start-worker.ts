import type { MaybeTracer } from '@parley/bus';
import { budgetLimitsOf, channels, fixedSettings, type ListedModels } from '@parley/contracts';
import type { CoreDeps } from '@parley/core/deps';
import type { SweepWatch } from '@parley/core/metrics/process-metrics';
import { retentionOf } from '@parley/core/rooms/retention';
import { QuietLog } from '@parley/core/quiet-log';
import { LiveSettings } from '@parley/core/settings/live-settings';
import { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import type { Registry } from 'prom-client';
import { modelSettingsOf, stdioCommandsOf, type WorkerEnv } from './env.js';
import { loadReachableServer } from '@parley/core/mcp/reachable-servers';
import { McpServers } from './mcp/mcp-servers.js';
import { createWorkerMetrics } from './metrics.js';
import { ModelError } from './models/model-errors.js';
import { ModelLists } from './models/model-lists.js';
import { createModels, type Models } from './models/providers.js';
import { DeltaBatcher } from '@parley/core/replies/delta-batcher';
import { JobWorker } from './replies/job-worker.js';
import { SpentRows } from './spent-rows.js';
import { HostPlaces } from './webhooks/host-places.js';
import { WordIndex } from './word-index.js';

export interface StartWorkerOptions {
  env: WorkerEnv;
  /** Names the process in leases; unique among processes. */
  instanceId: string;
  /** Where the worker's metrics are registered; each worker needs a registry of its own. */
  registry: Registry;
  /** Records where the time of jobs goes. @default nothing is recorded */
  tracer?: MaybeTracer;
  /** Told of what sweeps repaired. @default nobody is told */
  sweeps?: SweepWatch | undefined;
  /** @default those that `env` names */
  models?: Models;
}

export interface RunningWorker {
  /** `provider:model` that answers where a character names none. */
  readonly defaultModel: string;
  /** Replies being written now. */
  readonly inFlight: number;
  /**
   * Takes no more replies, lets those running end within the limit, hands the rest to other workers. Idempotent.
   *
   * @param limitMs @default env.WORKER_STOP_LIMIT_MS
   */
  stop(limitMs?: number): Promise<void>;
}

/** Begins to write replies. The database must be migrated; the bus may be away. `stop` closes nothing of `deps`. */
export async function startWorker(
  deps: CoreDeps,
  { env, instanceId, registry, tracer, sweeps, models: given }: StartWorkerOptions,
): Promise<RunningWorker> {
  const chosen = given ?? createModels(modelSettingsOf(env));
  if (env.OPENAI_BASE_URL !== undefined && env.DEFAULT_MODEL === undefined) {
    // The operator's own server may have this model, for example if it is a proxy; if not, its refusal says so in the room.
    deps.log.warn({ model: chosen.defaultName }, 'OPENAI_BASE_URL is set without DEFAULT_MODEL: assuming this model');
  }
  const missing = whatIsMissing(chosen);
  if (missing !== null) deps.log.warn({ model: chosen.defaultName }, `the default model cannot answer: ${missing}`);
  const quietLog = new QuietLog(deps.log);
  const settings = new LiveSettings(deps, { fixed: fixedSettings(env) });
  await settings.start();
  const spentRows = new SpentRows({ ...deps, quietLog, settings, sweeps }, { retention: () => retentionOf(settings) });
  const wordIndex = new WordIndex({ ...deps, quietLog, sweeps });
  const mcp = new McpServers({ allowed: new AllowedAddresses(env.WEBHOOK_ALLOW_PRIVATE), commands: stdioCommandsOf(env), log: deps.log });
  const worker = new JobWorker(
    {
      ...deps,
      models: chosen,
      batcher: new DeltaBatcher(deps.bus, { windowMs: env.REPLY_WINDOW_MS }),
      metrics: createWorkerMetrics(registry),
      quietLog,
      tracer,
      sweeps,
      claimant: {
        id: instanceId,
        leaseMs: env.REPLY_LEASE_MS,
        maxTries: env.REPLY_MAX_TRIES,
        maxPerRoom: env.REPLY_MAX_PER_ROOM,
        maxPerPerson: env.REPLY_MAX_PER_PERSON,
      },
      settings: {
        firstTokenMs: env.REPLY_FIRST_TOKEN_MS,
        betweenTokensMs: env.REPLY_BETWEEN_TOKENS_MS,
        answerMs: env.REPLY_ANSWER_MS,
        maxPromptTokens: env.REPLY_PROMPT_TOKENS,
        fetchUrl: env.TOOL_FETCH_URL === 'on' ? { allowed: new AllowedAddresses([]) } : null,
        mcp,
        budgets: budgetLimitsOf(env),
        prices: env.MODEL_PRICES,
        maxDepth: env.REPLY_MAX_DEPTH,
        retryDelayMs: env.REPLY_RETRY_DELAY_MS,
        finishLimitMs: env.REPLY_FINISH_LIMIT_MS,
      },
      webhooks: {
        allowed: new AllowedAddresses(env.WEBHOOK_ALLOW_PRIVATE),
        answerMs: env.WEBHOOK_ANSWER_MS,
        retryDelayMs: env.WEBHOOK_RETRY_DELAY_MS,
        retryForMs: env.WEBHOOK_RETRY_FOR_MS,
        hosts: new HostPlaces(),
      },
    },
    { concurrency: env.WORKER_CONCURRENCY, sweepMs: env.REPLY_SWEEP_MS },
  );
  await worker.start();
  const lists = new ModelLists(chosen);
  const { defaultName, allowed } = chosen;
  const models = await deps.bus.respond(channels.modelLists, async (): Promise<ListedModels> => ({
    defaultModel: defaultName,
    allowed: [...allowed.names],
    providers: await lists.all(),
  }));
  const commands = await deps.bus.respond(channels.mcpCommands, () => mcp.commandNames.slice(0, 100));
  const checks = await deps.bus.respond(channels.mcpCheck, async ({ serverId }) => {
    const server = await loadReachableServer(deps, serverId);
    return server ? mcp.check(server, AbortSignal.timeout(15_000)) : { problem: 'There is no such server any more.', tools: [] };
  });
  spentRows.start();
  wordIndex.start();
  let stopping: Promise<void> | null = null;
  return {
    defaultModel: chosen.defaultName,
    get inFlight() {
      return worker.inFlight;
    },
    stop(limitMs = env.WORKER_STOP_LIMIT_MS) {
      for (const responder of [models, commands, checks]) responder.unsubscribe();
      // Answers that are still written may call tools.
      stopping ??= Promise.all([worker.stop(limitMs).then(() => mcp.close()), spentRows.stop(), wordIndex.stop()]).then(() =>
        settings.close(),
      );
      return stopping;
    },
  };
}

/** What the default model lacks, for whoever runs the server; null if nothing. */
function whatIsMissing(models: Models): string | null {
  try {
    models.resolve(null);
    return null;
  } catch (error) {
    if (error instanceof ModelError) return error.cause instanceof Error ? error.cause.message : error.message;
    throw error;
  }
}
