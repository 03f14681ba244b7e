import { startModelServer, type ModelServer } from '@parley/model-server';
import { startProcess, type RunningProcess } from './processes.js';
import { useServers, type Servers } from './servers.js';

export interface ApiProcess extends RunningProcess {
  url: string;
}

/** The distributed shape, small: APIs and workers as processes of their own on real servers, and a scripted model. */
export interface Cluster extends AsyncDisposable {
  servers: Servers;
  apis: ApiProcess[];
  workers: RunningProcess[];
  model: ModelServer;
  startApi(variables?: Record<string, string>): Promise<ApiProcess>;
  startWorker(variables?: Record<string, string>): Promise<RunningProcess>;
}

export async function startCluster(
  options: { apis?: number; workers?: number; variables?: Record<string, string> } = {},
): Promise<Cluster> {
  const servers = await useServers();
  const model = await startModelServer();
  const shared = {
    ...servers.variables,
    // The servers stay: what does not answer in seconds is a busy machine.
    DATABASE_CONNECT_MS: '120000',
    DATABASE_STATEMENT_MS: '120000',
    PORT: '0',
    STOP_DRAIN_MS: '200',
    LOG_LEVEL: 'info',
    OPENAI_BASE_URL: model.url,
    OPENAI_API_KEY: 'sk-test-0123456789',
    DEFAULT_MODEL: 'openai:scripted',
    ...options.variables,
  };
  const processes: RunningProcess[] = [];
  const cluster: Cluster = {
    servers,
    model,
    apis: [],
    workers: [],
    async startApi(variables = {}) {
      const running = startProcess('api', { ...shared, ...variables });
      processes.push(running);
      const [, url] = await running.printed(/"url":"(http[^"]+)"[^\n]*"msg":"ready"/);
      const api = { ...running, url: url! };
      cluster.apis.push(api);
      return api;
    },
    async startWorker(variables = {}) {
      const worker = startProcess('worker', { ...shared, ...variables });
      processes.push(worker);
      await worker.printed(/"app":"worker"[^\n]*"msg":"ready"/);
      cluster.workers.push(worker);
      return worker;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(processes.map((running) => running.stop(3_000)));
      await model.close();
      await servers[Symbol.asyncDispose]();
    },
  };
  try {
    // The first migrates and seeds while the others wait for it.
    await Promise.all([
      ...Array.from({ length: options.apis ?? 2 }, () => cluster.startApi()),
      ...Array.from({ length: options.workers ?? 2 }, () => cluster.startWorker()),
    ]);
    return cluster;
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}
