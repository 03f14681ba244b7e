import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refusalOf } from './limits.contract.js';
import type { LimitRule, Limits } from './limits.js';
import type { Presence } from './presence.js';
import { connectRedis, type RedisConnection } from './redis-connection.js';
import { createRedisLimits } from './redis-limits.js';
import { createRedisPresence } from './redis-presence.js';
import { createOwnRedis, keysOf } from './redis.fixture.js';

const refuse: LimitRule = { name: 'login', points: 2, windowMs: 60_000, whenUnavailable: 'refuse' };
const local: LimitRule = { name: 'send', points: 2, windowMs: 60_000, whenUnavailable: 'local' };

let server: Awaited<ReturnType<typeof createOwnRedis>>;
/** Emits `lost`, `refused` (a command, while connected) and `restored` as the connection says so. */
let news: EventEmitter;
let reports: Error[];
let redis: RedisConnection;
let presence: Presence;
let limits: Limits;

beforeEach(async () => {
  server = await createOwnRedis();
  news = new EventEmitter();
  reports = [];
});
afterEach(async () => {
  await presence.close();
  await limits.close();
  await server[Symbol.asyncDispose]();
});

function connect(url = server.url): void {
  redis = connectRedis({
    url,
    env: 'test',
    onError: (error) => {
      reports.push(error);
      news.emit(error.message.includes(' is lost: ') ? 'lost' : 'refused');
    },
    onRestored: () => void news.emit('restored'),
  });
  presence = createRedisPresence({ instanceId: 'api-1', bootId: 'boot-1', redis });
  limits = createRedisLimits({ redis });
}

async function killAndNotice(): Promise<void> {
  const lost = once(news, 'lost');
  await server.kill();
  await lost;
}

async function startAndNotice(): Promise<void> {
  const restored = once(news, 'restored');
  await server.start();
  await restored;
}

async function expectEverythingRefused(): Promise<void> {
  for (const call of [
    limits.consume(refuse, 'alice'),
    limits.ping(),
    presence.enter('room', { userId: 'late', connectionId: '9' }),
    presence.heartbeat(),
    presence.online('room').then(() => {}),
    presence.connections({ limit: 1 }).then(() => {}),
    presence.ping(),
  ]) {
    expect((await refusalOf(call)).code).toBe('UNAVAILABLE');
  }
}

it('with Redis killed, refuses or counts locally as the rule says, and heals without a restart when it is back', async () => {
  await server.start();
  connect();
  await presence.enter('room', { userId: 'alice', connectionId: '1' });
  await limits.consume(refuse, 'alice');

  await killAndNotice();
  await expectEverythingRefused();
  await limits.consume(local, 'alice');
  await limits.consume(local, 'alice');
  expect((await refusalOf(limits.consume(local, 'alice'))).code).toBe('RATE_LIMITED');
  await limits.reset(local, 'alice');
  await limits.consume(local, 'alice');
  expect((await refusalOf(presence.leave('room', { userId: 'late', connectionId: '9' }))).code).toBe('UNAVAILABLE');
  expect((await refusalOf(presence.enter('room', { userId: 'bob', connectionId: '2' }))).code).toBe('UNAVAILABLE');

  await startAndNotice();
  await presence.heartbeat();
  // A user who entered during the outage is there; a user who entered and left again is not.
  expect(await presence.online('room')).toEqual(['alice', 'bob']);
  await limits.consume(refuse, 'alice');
  await limits.consume(local, 'alice');
  await limits.ping();
});

it('reports an outage once, not once per call or retry, and the next outage again', async () => {
  await server.start();
  connect();
  await redis.ping();
  await killAndNotice();
  const refused = await Promise.allSettled(Array.from({ length: 1_000 }, () => limits.consume(refuse, 'alice')));
  expect(refused.every((outcome) => outcome.status === 'rejected')).toBe(true);
  await startAndNotice();
  expect(reports).toHaveLength(1);
  await killAndNotice();
  expect(reports).toHaveLength(2);
});

it('starts while Redis is away, and finds it later', async () => {
  connect();
  await expectEverythingRefused();
  await limits.consume(local, 'alice');
  await startAndNotice();
  await presence.heartbeat();
  expect(await presence.online('room')).toEqual(['late']);
  expect(reports).toHaveLength(1);
});

it('does not wait for a frozen Redis, nor keep waiting call after call', async () => {
  await server.start();
  connect();
  await redis.ping();
  const lost = once(news, 'lost');
  server.freeze();
  const [refusal] = await Promise.all([refusalOf(limits.consume(refuse, 'alice')), limits.consume(local, 'alice')]);
  expect(refusal.code).toBe('UNAVAILABLE');
  // The call gave up before the connection noticed the silence, so the report names the call's time limit.
  expect(reports.map((report) => report.message)).toEqual([
    expect.stringContaining('failed a command: Redis did not answer within 900 ms'),
  ]);
  await lost;
  // From here on the connection is known to be lost, and a call does not even try.
  expect((await refusalOf(limits.consume(refuse, 'alice'))).cause).toEqual(new Error('Redis is away'));
  await expectEverythingRefused();
  const restored = once(news, 'restored');
  server.thaw();
  await restored;
  await limits.consume(refuse, 'alice');
});

it('closes in peace while Redis is away', async () => {
  await server.start();
  connect();
  await presence.enter('room', { userId: 'alice', connectionId: '1' });
  await killAndNotice();
  await presence.close();
  await limits.close();
  await expect(redis.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it('says that the password is wrong, without repeating it', async () => {
  await server.start('--requirepass', 'right');
  const lost = once(news, 'lost');
  connect(server.url.replace('//', '//:hunter2@'));
  await lost;
  expect(reports[0]!.message).toContain('WRONGPASS');
  expect(reports[0]!.message).not.toContain('hunter2');
});

it('brings everything back by one heartbeat after FLUSHALL, in one round trip of few commands', async () => {
  await server.start();
  connect();
  const rooms = Array.from({ length: 40 }, (_, index) => `room-${index}`);
  const users = Array.from({ length: 30 }, (_, index) => `user-${String(index).padStart(2, '0')}`);
  for (const room of rooms) await Promise.all(users.map((userId) => presence.enter(room, { userId, connectionId: '1' })));
  await redis.run((client) => client.flushall());
  expect(await presence.online('room-0')).toEqual([]);

  let writes = 0;
  const commandsBefore = await evalCalls();
  await redis.run(async (client) => {
    const { stream } = client;
    const write = stream.write;
    stream.write = ((...args: Parameters<typeof write>) => {
      writes += 1;
      return write.apply(stream, args);
    }) as typeof write;
  });
  await presence.heartbeat();
  expect(writes).toBe(1);
  // 1,200 entries in two sets each, and the instance itself, at 500 a command.
  expect((await evalCalls()) - commandsBefore).toBe(5);

  for (const room of rooms) expect(await presence.online(room)).toEqual(users);
  expect(await presence.connections({ limit: 10_000 })).toHaveLength(1_200);
  for (const key of await keysOf(redis)) expect(await redis.run((client) => client.pttl(key))).toBeGreaterThan(0);

  await presence.close();
  const other = connectRedis({ url: server.url, env: 'test', onError: (error) => reports.push(error) });
  expect(await keysOf(other)).toEqual([]);
  other.close();
});

async function evalCalls(): Promise<number> {
  const stats = await redis.run((client) => client.info('commandstats'));
  return Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}
