import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { callFields } from '@parley/bus';
import { createNatsBus } from '@parley/bus/nats';
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
import { createPostgresDb } from '@parley/db/postgres';
import { connectRedis, createRedisLimits, createRedisPresence } from '@parley/presence/redis';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { misspeltApiVariables, readApiEnv } from './env.js';
import { findWebRoot } from './web-root.js';
import { refuseTakenPort } from './refuse-taken-port.js';
import { startApi } from './start-api.js';

/** One API of the distributed shape. */
async function main(): Promise<void> {
  const env = readApiEnv();
  const bootId = randomUUID().slice(0, 8);
  const instanceId = env.INSTANCE_ID ?? `${hostname()}-${bootId}`;
  const lines = new LogLines();
  const log = pino({ level: env.LOG_LEVEL, base: { app: 'api', instanceId }, mixin: callFields }, lines);
  warnOfMisspeltVariables({ log }, misspeltApiVariables());
  const quietLog = new QuietLog(log);
  const started = stopOnSignal({ log, limitMs: env.STOP_DRAIN_MS + 20_000 });

  const tracer = await openTracer({
    endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    ratio: ratioOf(env),
    service: 'parley-api',
    instanceId,
    onError: (error) => quietLog.warn('traces could not be sent', error),
  });
  const registry = new Registry();
  const processMetrics = new ProcessMetrics(registry);
  const database = await createPostgresDb({
    url: env.DATABASE_URL,
    directUrl: env.DATABASE_DIRECT_URL,
    poolSize: env.DATABASE_POOL,
    connectTimeoutMs: env.DATABASE_CONNECT_MS,
    statementTimeoutMs: env.DATABASE_STATEMENT_MS,
    applicationName: `parley-api-${instanceId}`.slice(0, 63),
    onConnectionError: (error) => quietLog.warn('a connection to the database broke', error),
    onStatement: tracedStatements(processMetrics.noteStatement, tracer),
  });
  await refuseTakenPort(env);
  await migrate(database, { log });
  const bus = await createNatsBus({
    servers: env.NATS_URL,
    credentialsFile: env.NATS_CREDS,
    name: `api-${instanceId}`,
    env: env.PARLEY_ENV,
    pingIntervalMs: env.NATS_PING_MS,
    checkPayloads: env.CHECK_ANSWERS,
    tracer,
    onError: (error, context) => quietLog.warn(`the bus reports an error in ${context.operation}`, error, context),
  });
  const redis = connectRedis({
    url: env.REDIS_URL,
    env: env.PARLEY_ENV,
    startMs: 15_000,
    onError: (error) => quietLog.warn('redis is away', error),
  });
  const presence = createRedisPresence({ redis, instanceId, bootId, ttlMs: env.PRESENCE_TTL_MS });
  const limits = createRedisLimits({ redis });
  const core = { db: database.db, bus, log };
  await seedInstance(core);

  const stopWatching = processMetrics.watch(core, database);
  const metricsServer = await startMetricsServer(env, registry);
  const api = await startApi({
    core,
    database,
    presence,
    limits,
    log,
    sessionSecret: env.SESSION_SECRET,
    instanceId,
    bootId,
    registry,
    tracer,
    sweeps: processMetrics,
    env,
    webRoot: await findWebRoot(),
  });
  log.info({ url: api.url, registration: api.registration, ...(metricsServer && { metricsPort: metricsServer.port }) }, 'ready');
  if (api.setUpLink !== null) lines.write(`Make the first account, an admin, at ${api.setUpLink} (good once, for a day)\n`);

  started(async () => {
    await api.close();
    stopWatching();
    await metricsServer?.close();
    await Promise.all([presence.close(), limits.close()]);
    await bus.close();
    await database.close();
    await tracer?.close();
  });
}

main().catch(explainStartFailure);
