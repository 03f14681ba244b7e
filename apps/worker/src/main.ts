import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { callFields } from '@parley/bus';
import { createNatsBus } from '@parley/bus/nats';
import { openTracer, ratioOf } from '@parley/bus/otel';
import type { CoreDeps } from '@parley/core/deps';
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
import { pino } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { readWorkerEnv, misspeltWorkerVariables } from './env.js';
import { answersWithin, startOperatorServer } from './operator-server.js';
import { startWorker, type RunningWorker } from './start-worker.js';

/** One worker of the distributed shape. */
async function main(): Promise<void> {
  const env = readWorkerEnv();
  const instanceId = env.INSTANCE_ID ?? `${hostname().slice(0, 40)}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const log = pino({ level: env.LOG_LEVEL, base: { app: 'worker', instanceId }, mixin: callFields }, new LogLines());
  warnOfMisspeltVariables({ log }, misspeltWorkerVariables());
  const quietLog = new QuietLog(log);
  const started = stopOnSignal({ log, limitMs: env.WORKER_STOP_LIMIT_MS + 20_000 });
  let stopping = false;
  const tracer = await openTracer({
    endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    ratio: ratioOf(env),
    service: 'parley-worker',
    instanceId,
    onError: (error) => quietLog.warn('traces could not be sent', error),
  });
  const registry = new Registry();
  const processMetrics = new ProcessMetrics(registry);
  const handle = await createPostgresDb({
    url: env.DATABASE_URL,
    directUrl: env.DATABASE_DIRECT_URL,
    poolSize: env.DATABASE_POOL,
    connectTimeoutMs: env.DATABASE_CONNECT_MS,
    statementTimeoutMs: env.DATABASE_STATEMENT_MS,
    applicationName: 'parley-worker',
    onConnectionError: (error) => quietLog.warn('a connection to the database broke', error),
    onStatement: tracedStatements(processMetrics.noteStatement, tracer),
  });
  await migrate(handle, { log });
  const bus = await createNatsBus({
    servers: env.NATS_URL,
    credentialsFile: env.NATS_CREDS,
    env: env.PARLEY_ENV,
    name: `worker ${instanceId}`,
    pingIntervalMs: env.NATS_PING_MS,
    checkPayloads: env.CHECK_ANSWERS,
    tracer,
    onError: (error, context) => quietLog.warn(`the bus reports an error in ${context.operation}`, error, context),
  });
  collectDefaultMetrics({ register: registry });
  const deps: CoreDeps = { db: handle.db, bus, log };
  const stopWatching = processMetrics.watch(deps, handle);
  const metricsServer = await startMetricsServer(env, registry);
  const answeredAnyone = () => performance.now() - handle.lastAnswerAt() < partLimitMs;
  let worker: RunningWorker | null = null;
  const operator =
    env.WORKER_PORT === undefined
      ? null
      : await startOperatorServer({
          host: env.HOST,
          port: env.WORKER_PORT,
          registry,
          isReady: () => worker !== null && !stopping,
          async health() {
            const parts = {
              database: (await answersWithin(handle.ping(), partLimitMs)) || answeredAnyone() ? 'ok' : 'away',
              bus: bus.state === 'connected' ? 'ok' : 'away',
            } as const;
            return { parts, instanceId, repliesInFlight: worker?.inFlight ?? 0, defaultModel: worker?.defaultModel ?? null };
          },
        });
  // Start the worker last: a process that fails to start has then claimed no reply.
  const running = await startWorker(deps, { env, instanceId, registry, tracer, sweeps: processMetrics });
  worker = running;

  started(async () => {
    stopping = true;
    log.info({ repliesInFlight: running.inFlight }, 'worker stopping');
    await running.stop();
    stopWatching();
    await Promise.all([operator?.close(), metricsServer?.close(), bus.close()]);
    await handle.close();
    await tracer?.close();
  });
  log.info(
    {
      defaultModel: running.defaultModel,
      ...(operator && { port: operator.port }),
      ...(metricsServer && { metricsPort: metricsServer.port }),
    },
    'ready',
  );
}

/** A part that has not answered for this long counts as away, in milliseconds. */
const partLimitMs = 3_000;

main().catch(explainStartFailure);
