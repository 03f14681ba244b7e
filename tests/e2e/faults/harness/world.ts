import { randomBytes } from 'node:crypto';
import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPostgresDb } from '@parley/db/postgres';
import type { DbHandle } from '@parley/db';
import { startModelServer, type ModelServer } from '@parley/model-server';
import { startProcess, type RunningProcess } from '../../harness/processes.js';
import type { OwnServer } from './own-server.js';
import { ownNats, ownPostgres, ownRedis, type OwnNats, type OwnRedis } from './own-servers.js';
import { readHealth } from './health.js';
import { until } from './settle.js';
import { seeded, type Seeded } from './seeded.js';
import { TcpProxy } from './tcp-proxy.js';

/** The links of one process to its servers, each a proxy of its own. */
export interface Links {
  postgres: TcpProxy;
  nats: TcpProxy;
  redis: TcpProxy;
}

/** One of our processes, which may die and come back: its links and its name stay. */
export interface WorldProcess {
  readonly name: string;
  /** @throws Error in a world without links */
  readonly links: Links;
  /** The process of now, or the last one. */
  readonly running: RunningProcess;
  /** True from ready until it was told to stop, or killed. */
  readonly up: boolean;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code when it is gone. */
  stop(): Promise<number | null>;
  /** Starts it again, and resolves once it is ready. @param variables for this time, until it is started again */
  start(variables?: Record<string, string>): Promise<void>;
}

/** A process as {@link World.restore} sees it. */
interface Restorable {
  /** Null in a world without links. */
  links: Links | null;
  /** Ends it if it is not as it began, and starts it where it does not run. */
  restore(): Promise<void>;
}

export interface WorldApi extends WorldProcess {
  /** The way of clients to this API and no other. */
  readonly door: TcpProxy;
  readonly url: string;
  /** The port it listens on itself; null while it is not up. */
  readonly ownPort: number | null;
}

/** Everything that runs in the distributed shape, every part of which can fail. */
export interface World extends AsyncDisposable {
  readonly chance: Seeded;
  readonly postgres: OwnServer;
  readonly nats: OwnNats;
  readonly redis: OwnRedis;
  readonly model: ModelServer;
  readonly apis: WorldApi[];
  readonly workers: WorldProcess[];
  /** Leads to one API after another, of those that are up: as a load balancer does. */
  readonly front: TcpProxy;
  readonly frontUrl: string;
  /** Has the front lead to this API alone, as long as it is up; null: to all again. */
  leadTo(api: WorldApi | null): void;
  /** The truth, past every proxy. */
  readonly database: DbHandle;
  /**
   * Makes the world as it was when it began, whatever a test did to it or left undone: servers run, links are whole, the model answers,
   * every process that was started runs with its own variables and is ready. Accounts, rooms and recorded requests stay.
   */
  restore(): Promise<void>;
  startApi(variables?: Record<string, string>): Promise<WorldApi>;
  startWorker(variables?: Record<string, string>): Promise<WorldProcess>;
}

/** Times short enough for a test to wait for; all else is as in production. */
const shortened = {
  HEAD_SWEEP_MS: '700',
  SESSION_SWEEP_MS: '500',
  HUB_LINGER_MS: '500',
  PRESENCE_HEARTBEAT_MS: '300',
  PRESENCE_TTL_MS: '1200',
  // Where nobody dies no machine may be so slow that a lease lapses, and an answer is begun again.
  REPLY_LEASE_MS: '60000',
  REPLY_SWEEP_MS: '400',
  REPLY_RETRY_DELAY_MS: '100',
  WORKER_STOP_LIMIT_MS: '4000',
  STOP_DRAIN_MS: '1000',
  LIMIT_SEND_PER_10_S: '100000',
  LIMIT_CHANGES_PER_10_S: '100000',
  LIMIT_AI_PER_MIN: '100000',
};

/** Variables of a world whose workers die, or lose the database: their answers are taken over soon. */
export const soonTakenOver = { REPLY_LEASE_MS: '1500' };

export interface WorldOptions {
  name: string;
  apis?: number;
  workers?: number;
  /**
   * Whether a test may cut the links of single processes to their servers. All traffic of the world then goes through proxies in the
   * process of the tests, which is a fifth of the work of a busy test. @default false
   */
  links?: boolean;
  variables?: Record<string, string>;
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const chance = seeded(options.name);
  const directory = await mkdtemp(join(tmpdir(), 'parley-faults-'));
  // PostgreSQL runs as another account, which must be able to enter this directory.
  await chmod(directory, 0o711);
  const disposals: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  const disposeAll = async () => {
    for (const dispose of disposals.splice(0).reverse()) await dispose();
  };
  try {
    const [postgres, nats, redis] = await Promise.all([ownPostgres(directory), ownNats(directory), ownRedis(directory)]);
    const servers = [postgres, nats, redis];
    // A run that is broken off disposes of nothing, and servers outlive whoever started them.
    const endAll = () => servers.forEach((server) => void server.kill());
    process.once('exit', endAll);
    disposals.push(async () => {
      process.off('exit', endAll);
      await Promise.all(servers.map((server) => server.kill()));
    });
    await Promise.all(servers.map((server) => server.start()));
    const model = await startModelServer();
    disposals.push(() => model.close());
    const database = await createPostgresDb({ url: postgres.url(postgres.port), poolSize: 3 });
    disposals.push(() => database.close());

    const shared = {
      PARLEY_ENV: `faults-${randomBytes(4).toString('hex')}`,
      SESSION_SECRET: randomBytes(32).toString('hex'),
      PORT: '0',
      LOG_LEVEL: 'info',
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: 'sk-test-0123456789',
      DEFAULT_MODEL: 'openai:scripted',
      ...shortened,
      ...options.variables,
    };
    const openProxy = async (target: () => { port: number } | null) => {
      const proxy = await TcpProxy.start(target);
      disposals.push(() => proxy[Symbol.asyncDispose]());
      return proxy;
    };

    const openLinks = async (): Promise<Links> => {
      const proxies = [postgres, nats, redis].map(({ port }) => openProxy(() => ({ port })));
      const [postgresLink, natsLink, redisLink] = await Promise.all(proxies);
      return { postgres: postgresLink!, nats: natsLink!, redis: redisLink! };
    };

    const begun = { api: 0, worker: 0 };
    async function addProcess(kind: 'api' | 'worker', ready: RegExp, given: Record<string, string>) {
      const name = `${kind}-${++begun[kind]}`;
      const links = options.links ? await openLinks() : null;
      const own = {
        INSTANCE_ID: name,
        DATABASE_URL: postgres.url((links?.postgres ?? postgres).port),
        NATS_URL: `nats://127.0.0.1:${(links?.nats ?? nats).port}`,
        REDIS_URL: `redis://127.0.0.1:${(links?.redis ?? redis).port}`,
      };
      let running: RunningProcess;
      let up = false;
      let asBegun = true;
      let match: RegExpMatchArray;
      const start = async (variables: Record<string, string> = {}) => {
        const started = startProcess(kind, { ...shared, ...own, ...given, ...variables });
        running = started;
        asBegun = Object.keys(variables).length === 0;
        disposals.push(() => started.stop(2_000));
        match = await started.printed(ready);
        up = true;
        void started.exited.then(() => {
          if (running === started) up = false;
        });
      };
      await start();
      restorable.push({
        links,
        async restore() {
          running.signal('SIGCONT');
          if (up && asBegun && !running.ending) return;
          up = false;
          running.signal('SIGKILL');
          await running.exited;
          await start();
        },
      });
      return {
        name,
        get links() {
          if (!links) throw new Error('This world was started without links.');
          return links;
        },
        get running() {
          return running;
        },
        get up() {
          return up;
        },
        match: () => match,
        start,
        async kill() {
          up = false;
          running.signal('SIGKILL');
          await running.exited;
        },
        async stop() {
          up = false;
          running.signal('SIGTERM');
          return (await running.exited).code;
        },
      };
    }

    const restorable: Restorable[] = [];
    const doors: TcpProxy[] = [];
    const apis: WorldApi[] = [];
    const workers: WorldProcess[] = [];
    let turn = 0;
    let onlyTo: WorldApi | null = null;
    const front = await openProxy(() => {
      const ready = (onlyTo ? [onlyTo] : apis).filter((api) => api.up && api.ownPort !== null);
      return ready.length === 0 ? null : { port: ready[turn++ % ready.length]!.ownPort! };
    });
    doors.push(front);
    const world: World = {
      chance,
      postgres,
      nats,
      redis,
      model,
      apis,
      workers,
      front,
      frontUrl: `http://127.0.0.1:${front.port}`,
      leadTo(api) {
        onlyTo = api;
      },
      database,
      async restore() {
        onlyTo = null;
        model.reset();
        for (const door of doors) door.restore();
        for (const { links } of restorable) for (const link of Object.values<TcpProxy>({ ...links })) link.restore();
        await Promise.all(servers.map((server) => server.restore()));
        // One after another: the first may have to bring the database to its schema.
        for (const process of restorable) await process.restore();
        await until('all parts are back', async () =>
          (await Promise.all(apis.map(({ url }) => readHealth(url)))).every(({ status }) => status === 'ok'),
        );
        await until('all are on the bus', () => restorable.every(({ links }) => !links || links.nats.open > 0));
      },
      async startApi(variables = {}) {
        const added = await addProcess('api', /"url":"http:\/\/[^"]*:(\d+)"[^\n]*"msg":"ready"/, variables);
        const ownPort = () => (added.up ? Number(added.match()[1]) : null);
        const door = await openProxy(() => {
          const port = ownPort();
          return port === null ? null : { port };
        });
        doors.push(door);
        const { name, start, kill, stop } = added;
        const api: WorldApi = {
          name,
          get links() {
            return added.links;
          },
          start,
          kill,
          stop,
          door,
          url: `http://127.0.0.1:${door.port}`,
          get running() {
            return added.running;
          },
          get up() {
            return added.up;
          },
          get ownPort() {
            return ownPort();
          },
        };
        apis.push(api);
        return api;
      },
      async startWorker(variables = {}) {
        const added = await addProcess('worker', /"app":"worker"[^\n]*"msg":"ready"/, variables);
        workers.push(added);
        return added;
      },
      [Symbol.asyncDispose]: disposeAll,
    };
    await Promise.all([
      ...Array.from({ length: options.apis ?? 2 }, () => world.startApi()),
      ...Array.from({ length: options.workers ?? 1 }, () => world.startWorker()),
    ]);
    // Order the processes by name, whichever was ready first.
    for (const processes of [apis, workers]) processes.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
    return world;
  } catch (error) {
    await disposeAll();
    throw error;
  }
}
