import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createNatsBus } from '@parley/bus/nats';
import { EnvError } from '@parley/contracts';
import { QuietLog, type CoreDeps } from '@parley/core';
import { migrate } from '@parley/db';
import { createPostgresDb } from '@parley/db/postgres';
import { pino } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { readWorkerEnv, type WorkerProcessEnv } from './env.js';
import { startOperatorServer } from './operator-server.js';
import { startWorker } from './start-worker.js';

function readEnvOrExit(): WorkerProcessEnv {
  try {
    return readWorkerEnv();
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

async function main(env: WorkerProcessEnv): Promise<void> {
  const instanceId = env.INSTANCE_ID ?? `${hostname().slice(0, 40)}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const log = pino({ level: env.LOG_LEVEL, base: { app: 'worker', instanceId } });
  const quietLog = new QuietLog(log);
  const handle = await createPostgresDb({
    url: env.DATABASE_URL,
    poolSize: env.DATABASE_POOL,
    applicationName: 'parley-worker',
    onConnectionError: (error) => quietLog.warn('a connection to the database broke', error),
  });
  await migrate(handle, { log });
  const bus = await createNatsBus({
    servers: env.NATS_URL.split(',').map((server) => server.trim()),
    env: env.PARLEY_ENV,
    name: `worker ${instanceId}`,
    onError: (error, context) => quietLog.warn(`the bus reports an error in ${context.operation}`, error, context),
  });
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const deps: CoreDeps = { db: handle.db, bus, log };
  const worker = await startWorker(deps, { env, instanceId, registry });
  const operator =
    env.WORKER_PORT === undefined
      ? null
      : await startOperatorServer({
          host: env.HOST,
          port: env.WORKER_PORT,
          registry,
          async health() {
            await handle.ping();
            return { instanceId, bus: bus.state, repliesInFlight: worker.inFlight, defaultModel: worker.defaultModel };
          },
        });

  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal, repliesInFlight: worker.inFlight }, 'worker stopping');
    worker
      .stop()
      .then(() => Promise.all([operator?.close(), bus.close()]))
      .then(() => handle.close())
      .then(
        () => {
          log.info({}, 'worker stopped');
          process.exit(0);
        },
        (error: unknown) => {
          log.error({ err: error }, 'worker did not stop cleanly');
          process.exit(1);
        },
      );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  log.info({ defaultModel: worker.defaultModel, ...(operator ? { port: operator.port } : {}) }, 'worker ready');
}

const env = readEnvOrExit();
main(env).catch((error: unknown) => {
  // A start that fails says why in one line; the cause is for whoever wants more.
  console.error(`The worker cannot start: ${error instanceof Error ? error.message : String(error)}`);
  if (env.LOG_LEVEL === 'debug' || env.LOG_LEVEL === 'trace') console.error(error);
  process.exit(1);
});
