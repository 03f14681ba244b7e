import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@parley/db';
import { createPostgresDb } from '@parley/db/postgres';
import { freePort } from '../../../../scripts/lib/servers/ports.mjs';
import { answers, ownServer, type OwnServer } from './own-server.js';
import { findPostgresFolder, findProgram, postgresAccount } from './programs.js';

export type OwnPostgres = OwnServer & { url(port: number): string };

/** PostgreSQL with our schema and no rows, on throw-away data: without fsync, which only a power cut would miss. */
export async function ownPostgres(directory: string): Promise<OwnPostgres> {
  const home = await homeIn(directory);
  runAsPostgres(home, 'cp', ['-R', await (migrated ??= makeMigrated()), join(home, 'data')]);
  // Immediate shutdown: every backend is cut off, nothing is written, the next start recovers from the log. SIGKILL would leave
  // backends behind for a moment, and their shared memory, on which a new server refuses to start.
  return postgresIn(home, 'SIGQUIT');
}

let migrated: Promise<string> | undefined;

/** A data directory that every world of this process copies, because making one, schema and all, takes seconds of work. */
async function makeMigrated(): Promise<string> {
  const directory = await mkdtemp(join(process.env['TEST_DIRECTORY'] ?? tmpdir(), 'parley-postgres-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  // PostgreSQL runs as another account, which must be able to enter this directory.
  await chmod(directory, 0o711);
  const home = await homeIn(directory);
  const data = join(home, 'data');
  const kind = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'];
  runAsPostgres(home, join(findPostgresFolder(), 'initdb'), ['-D', data, ...kind]);
  // Fast shutdown, after which nothing is left to recover.
  const server = await postgresIn(home, 'SIGINT');
  await server.start();
  try {
    const database = await createPostgresDb({ url: server.url(server.port), poolSize: 1 });
    await migrate(database, { log: { info() {}, warn() {} } }).finally(() => database.close());
  } finally {
    await server.kill();
  }
  return data;
}

async function homeIn(directory: string): Promise<string> {
  const account = postgresAccount();
  const home = join(directory, 'postgres');
  await mkdir(home, { recursive: true });
  if (account) chownSync(home, account.uid, account.gid);
  return home;
}

function runAsPostgres(home: string, program: string, args: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: home, encoding: 'utf8', ...postgresAccount() });
  if (status !== 0) throw new Error(`${program} failed: ${stdout}${stderr}${error ? String(error) : ''}`);
}

async function postgresIn(home: string, killSignal: NodeJS.Signals): Promise<OwnPostgres> {
  const data = join(home, 'data');
  const pidFile = join(data, 'postmaster.pid');
  const server = ownServer({
    name: 'PostgreSQL',
    program: join(findPostgresFolder(), 'postgres'),
    port: await freePort(),
    args: (port) => {
      const settings = {
        listen_addresses: '127.0.0.1',
        port,
        unix_socket_directories: '',
        max_connections: 200,
        fsync: 'off',
        full_page_writes: 'off',
      };
      return ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
    },
    // An SSLRequest is answered by one letter once it takes connections; the pid file's eighth line says when it takes queries.
    isReady: async (port) => {
      if (!existsSync(pidFile) || readFileSync(pidFile, 'utf8').split('\n')[7]?.trim() !== 'ready') return false;
      return answers(port, Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]), 'N');
    },
    account: postgresAccount(),
    cwd: home,
    killSignal,
  });
  return { ...server, url: (port) => `postgresql://postgres@127.0.0.1:${port}/postgres` };
}

export interface OwnNats extends OwnServer {
  /** Killed, and started with an empty store. */
  restartEmpty(): Promise<void>;
  /** How many subscriptions its clients hold. */
  subscriptions(): Promise<number>;
}

/** NATS with JetStream, its store in the directory. @param more arguments of `nats-server` */
export async function ownNats(directory: string, more: string[] = []): Promise<OwnNats> {
  const store = join(directory, 'nats');
  const monitorPort = await freePort();
  const server = ownServer({
    name: 'NATS',
    program: findProgram('nats-server', 'NATS_SERVER_PATH'),
    port: await freePort(),
    args: (port) => ['-js', '-a', '127.0.0.1', '-p', String(port), '-m', String(monitorPort), '-sd', store, ...more],
    isReady: (port) => answers(port, '', 'INFO '),
    cwd: directory,
  });
  return {
    ...server,
    async restartEmpty() {
      await server.kill();
      await rm(store, { recursive: true, force: true });
      await server.start();
    },
    async subscriptions() {
      const response = await fetch(`http://127.0.0.1:${monitorPort}/connz`);
      const { connections } = (await response.json()) as { connections: { subscriptions: number }[] };
      return connections.reduce((sum, connection) => sum + connection.subscriptions, 0);
    },
  };
}

export interface OwnRedis extends OwnServer {
  /** Forgets everything. */
  flush(): Promise<void>;
}

/** Redis that keeps nothing on disk. */
export async function ownRedis(directory: string): Promise<OwnRedis> {
  const server = ownServer({
    name: 'Redis',
    program: findProgram('redis-server', 'REDIS_SERVER_PATH', ['/usr/sbin', '/opt/homebrew/bin']),
    port: await freePort(),
    args: (port) => ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'],
    // Any answer will do: a Redis that wants a password is there too.
    isReady: (port) => answers(port, 'PING\r\n', ''),
    cwd: directory,
  });
  return {
    ...server,
    async flush() {
      if (!(await answers(server.port, 'FLUSHALL\r\n', '+OK'))) throw new Error('Redis did not flush');
    },
  };
}
