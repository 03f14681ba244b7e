import { afterEach, beforeEach, expect, it } from 'vitest';
import { describePresence } from './presence.contract.js';
import { createRedisPresence } from './redis-presence.js';
import { keysOf, openRedisCorner, type RedisCorner } from './redis.fixture.js';

describePresence('Redis', async () => {
  const corner = openRedisCorner();
  return {
    start: (instanceId, bootId, ttlMs) =>
      createRedisPresence({ instanceId, bootId, redis: corner.connect(), ...(ttlMs === undefined ? {} : { ttlMs }) }),
    pass: (ms) => corner.pass(ms),
    dispose: () => corner.dispose(),
  };
});

let corner: RedisCorner;
beforeEach(() => void (corner = openRedisCorner()));
afterEach(() => corner.dispose());

it('keeps members named user:boot:connection, and no key without an expiry', async () => {
  const redis = corner.connect();
  const presence = createRedisPresence({ instanceId: 'api-1', bootId: 'boot-1', redis });
  await presence.enter('room-1', { userId: 'alice', connectionId: '7' });
  await presence.heartbeat();
  const roomKey = `${redis.keyPrefix}presence:room:room-1`;
  expect(await redis.run((client) => client.zrange(roomKey, '0', '-1'))).toEqual(['alice:boot-1:7']);
  const keys = await keysOf(redis);
  expect(keys).toHaveLength(3);
  for (const key of keys) {
    const expiresInMs = await redis.run((client) => client.pttl(key));
    expect(expiresInMs).toBeGreaterThan(0);
    expect(expiresInMs).toBeLessThanOrEqual(30_000);
  }
  await presence.leave('room-1', { userId: 'alice', connectionId: '7' });
  expect(await keysOf(redis)).not.toContain(roomKey);
  await presence.close();
});

it('does not shorten the life of a room in which an instance has a longer time to live', async () => {
  const redis = corner.connect();
  const long = createRedisPresence({ instanceId: 'api-1', bootId: 'boot-1', redis, ttlMs: 60_000 });
  const short = createRedisPresence({ instanceId: 'api-2', bootId: 'boot-2', redis, ttlMs: 1_000 });
  await long.enter('room-1', { userId: 'alice', connectionId: '1' });
  await short.enter('room-1', { userId: 'bob', connectionId: '1' });
  expect(await redis.run((client) => client.pttl(`${redis.keyPrefix}presence:room:room-1`))).toBeGreaterThan(1_000);
  await Promise.all([long.close(), short.close()]);
});

it('shares a connection: the last to close ends it', async () => {
  const redis = corner.connect();
  const first = createRedisPresence({ instanceId: 'api-1', bootId: 'boot-1', redis });
  const second = createRedisPresence({ instanceId: 'api-2', bootId: 'boot-2', redis });
  await first.close();
  await first.close();
  await second.ping();
  await redis.ping();
  await second.close();
  await expect(redis.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});
