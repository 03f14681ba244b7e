import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownRedis, type OwnRedis } from '../../../tests/e2e/faults/harness/own-servers.js';
import { connectRedis, type RedisConnection } from './redis-connection.js';

/** A part of the tests' shared Redis that nobody else uses. */
export interface RedisCorner {
  /** A connection of its own, as each process has one. Errors are thrown, where the test runner sees them. */
  connect(): RedisConnection;
  /** Makes every key and member end `ms` milliseconds earlier: they end by Redis's own clock, which cannot be faked. */
  pass(ms: number): Promise<void>;
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
    async pass(ms) {
      const connection = connect();
      for (const key of await keysOf(connection)) {
        await connection.run(async (client) => {
          // The members of a sorted set end one by one: each one's score is the time at which it ends.
          if ((await client.type(key)) === 'zset')
            for (const member of await client.zrange(key, '0', '-1')) await client.zincrby(key, -ms, member);
          const leftMs = await client.pttl(key);
          if (leftMs >= 0) await client.pexpire(key, leftMs - ms);
        });
      }
      connection.close();
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
export async function createOwnRedis(): Promise<OwnRedis & { url: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'parley-redis-'));
  const server = await ownRedis(directory);
  return {
    ...server,
    url: `redis://127.0.0.1:${server.port}`,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}
