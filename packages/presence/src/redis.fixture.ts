import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connectRedis, type RedisConnection } from './redis-connection.js';

/** A part of the tests' shared Redis that nobody else uses. */
export interface RedisCorner {
  /** A connection of its own, as each process has one. Errors are thrown, where the test runner sees them. */
  connect(): RedisConnection;
  /** Removes the corner's keys and closes its connections. */
  dispose(): Promise<void>;
}

export function openRedisCorner(): RedisCorner {
  const url = process.env['TEST_REDIS_URL'];
  if (!url) throw new Error('TEST_REDIS_URL is not set: these tests need a Redis, for example redis://127.0.0.1:6379');
  const env = `test-${randomUUID()}`;
  const connect = () =>
    connectRedis({
      url,
      env,
      onError: (error) => {
        throw error;
      },
    });
  const connections: RedisConnection[] = [];
  return {
    connect() {
      const connection = connect();
      connections.push(connection);
      return connection;
    },
    async dispose() {
      const connection = connect();
      const keys = await keysOf(connection);
      if (keys.length > 0) await connection.run((client) => client.del(...keys));
      for (const each of [...connections, connection]) each.close();
    },
  };
}

export function keysOf(connection: RedisConnection): Promise<string[]> {
  return connection.run(async (client) => {
    const keys: string[] = [];
    for await (const page of client.scanStream({ match: `${connection.keyPrefix}*`, count: 1_000 })) keys.push(...(page as string[]));
    return keys;
  });
}

/** A Redis that a test may kill, freeze, flush and start again on the same port. */
export interface OwnRedis {
  readonly url: string;
  start(...args: string[]): Promise<void>;
  kill(): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  dispose(): Promise<void>;
}

export async function createOwnRedis(): Promise<OwnRedis> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'parley-redis-'));
  let server: ChildProcess | undefined;

  async function kill(): Promise<void> {
    const killed = server;
    server = undefined;
    if (!killed || killed.exitCode !== null) return;
    const exited = once(killed, 'exit');
    killed.kill('SIGKILL');
    await exited;
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    async start(...args) {
      const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'no', ...args];
      const started = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
      server = started;
      await new Promise<void>((resolve, reject) => {
        started.once('error', (cause) =>
          reject(new Error('cannot run redis-server, which these tests kill and restart: put it on the PATH', { cause })),
        );
        started.once('exit', (code) => reject(new Error(`redis-server exited with ${code}`)));
        createInterface({ input: started.stdout }).on('line', (line) => {
          if (line.includes('Ready to accept connections')) resolve();
        });
      });
    },
    kill,
    signal: (signal) => void server?.kill(signal),
    async dispose() {
      await kill();
      await rm(dir, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
