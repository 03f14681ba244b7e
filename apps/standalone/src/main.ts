import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { findWebRoot, openOperatorDoor, refuseTakenPort, startApi } from '@parley/api';
import { callFields } from '@parley/bus';
import { createMemoryBus } from '@parley/bus/memory';
import { openTracer, ratioOf } from '@parley/bus/otel';
import { seedInstance } from '@parley/core/characters/seed-instance';
import { explainStartFailure } from '@parley/core/explain-start-failure';
import { LogLines } from '@parley/core/log-lines';
import { startMetricsServer } from '@parley/core/metrics/metrics-server';
import { ProcessMetrics } from '@parley/core/metrics/process-metrics';
import { tracedStatements } from '@parley/core/metrics/statement-spans';
import { QuietLog } from '@parley/core/quiet-log';
import { stopOnSignal } from '@parley/core/stop-on-signal';
import { warnOfMisspeltVariables } from '@parley/core/warn-of-misspelt-variables';
import { migrate } from '@parley/db';
import { createPgliteDb } from '@parley/db/pglite';
import { createMemoryLimits, createMemoryPresence } from '@parley/presence/memory';
import { createModels, modelSettingsOf, startWorker } from '@parley/worker';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { readStandaloneEnv, misspeltStandaloneVariables, unusedServers } from './env.js';
import { keptSessionSecret } from './session-secret.js';

/** The embedded shape: web, API and worker in one process, everything in memory but the database's files. */
async function main(): Promise<void> {
  const startedAt = performance.now();
  const env = readStandaloneEnv();
  const bootId = randomUUID().slice(0, 8);
  const instanceId = env.INSTANCE_ID ?? hostname();
  const lines = new LogLines();
  const log = pino({ level: env.LOG_LEVEL, base: { app: 'standalone', instanceId }, mixin: callFields }, lines);
  const started = stopOnSignal({ log, limitMs: env.STOP_DRAIN_MS + env.WORKER_STOP_LIMIT_MS + 20_000 });

  const quietLog = new QuietLog(log);
  const tracer = await openTracer({
    endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    ratio: ratioOf(env),
    service: 'parley-standalone',
    instanceId,
    onError: (error) => quietLog.warn('traces could not be sent', error),
  });
  const registry = new Registry();
  const processMetrics = new ProcessMetrics(registry);
  const database = await createPgliteDb({
    dataDir: env.DATA_DIR,
    reserveBytes: env.DISK_RESERVE_MB * 1024 * 1024,
    onStatement: tracedStatements(processMetrics.noteStatement, tracer),
    onDiskSpace(takesWrites, freeBytes) {
      if (takesWrites) log.info({ freeBytes }, 'the disk of DATA_DIR has room again: the database takes writes');
      else log.warn({ freeBytes }, 'the disk of DATA_DIR is nearly full: the database refuses writes, and reads go on');
    },
  });
  const sessionSecret = env.SESSION_SECRET ?? (await keptSessionSecret(env.DATA_DIR));
  await refuseTakenPort(env);
  await migrate(database, { log, newer: 'refuse' });
  warnOfMisspeltVariables({ log }, misspeltStandaloneVariables());
  const unused = unusedServers();
  const dataDir = resolve(env.DATA_DIR);
  if (unused.length > 0) {
    log.warn(
      { unused, dataDir },
      `${unused.join(', ')}: not used by “npm start”, which keeps everything in ${dataDir}. “npm run api” and “npm run worker” use them.`,
    );
  }
  const bus = createMemoryBus({
    env: env.PARLEY_ENV,
    checkPayloads: env.CHECK_ANSWERS,
    tracer,
    onError: (error, context) => quietLog.warn(`the bus reports an error in ${context.operation}`, error, context),
  });
  const presence = createMemoryPresence({ instanceId, bootId, ttlMs: env.PRESENCE_TTL_MS });
  const limits = createMemoryLimits();
  const core = { db: database.db, bus, log };
  await seedInstance(core);

  const stopWatching = processMetrics.watch(core, database);
  const metricsServer = await startMetricsServer(env, registry);
  const webRoot = await findWebRoot();
  const models = createModels(modelSettingsOf(env));
  const api = await startApi({
    core,
    database,
    presence,
    limits,
    log,
    sessionSecret,
    instanceId,
    bootId,
    registry,
    tracer,
    sweeps: processMetrics,
    env,
    models: models.allowed,
    webRoot,
  });
  // The worker starts last: a start that fails, for example because the port is taken, must not have claimed a reply and used up one of
  // its tries.
  const closeOperatorDoor = await openOperatorDoor(env.DATA_DIR, core, database);
  const worker = await startWorker(core, { env, instanceId: `${instanceId}-${bootId}`, registry, tracer, sweeps: processMetrics, models });
  log.info(
    {
      url: api.url,
      registration: api.registration,
      defaultModel: worker.defaultModel,
      dataDir,
      ...(metricsServer && { metricsPort: metricsServer.port }),
      startMs: Math.round(performance.now() - startedAt),
    },
    'ready',
  );
  lines.write(`Parley is at ${api.url}\n`);
  if (api.setUpLink !== null) lines.write(`Make the first account, an admin, at ${api.setUpLink} (good once, for a day)\n`);

  started(async () => {
    await closeOperatorDoor();
    await api.close();
    await worker.stop();
    stopWatching();
    await metricsServer?.close();
    await Promise.all([presence.close(), limits.close()]);
    await bus.close();
    await database.close();
    await tracer?.close();
  });
}

main().catch(explainStartFailure);
