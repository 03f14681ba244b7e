import { afterAll, beforeAll, expect, test } from 'vitest';
import { askableForMemory, keptBytes } from '../harness/kept-memory.js';
import { connect } from '../harness/person.js';
import { readHealth } from './harness/health.js';
import { startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { TcpProxy } from './harness/tcp-proxy.js';
import { startWorld, type World } from './harness/world.js';

let world: World;
const cap = 2 * 1024 * 1024;

beforeAll(async () => {
  world = await startWorld({
    name: '13 readers that stop reading',
    apis: 1,
    workers: 1,
    variables: { SOCKET_MAX_BYTES: String(cap), SOCKET_LOSSY_BYTES: String(256 * 1024), MAX_REPLAY: '5000', ...askableForMemory },
  });
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('readers that stop reading are closed at their cap, memory stays bounded, others are unaffected, and they catch up when they read again', async () => {
  const [api] = world.apis;
  await using scene = await startScene(world, { name: 'slow', urls: [api!.url], hasty: false });
  const { people, roomId, readers } = scene;
  const [person] = people;
  const account = { id: person!.id, username: person!.name, accessToken: person!.client.auth.accessToken()!, refreshToken: '' };
  // The slow readers have a door of their own, so that they do not hold up the others.
  await using slowDoor = await TcpProxy.start(() => ({ port: api!.ownPort! }));
  const slow = Array.from({ length: 12 }, () => connect(`http://127.0.0.1:${slowDoor.port}`, account));
  const slowReading = slow.map((each) => each.read(roomId));
  await Promise.all(slowReading.map(({ events }) => events.until((items) => items.length > 0)));
  const steady = (await readHealth(api!.url)).sockets - slow.length;
  const before = await keptBytes(api!.running);
  let most = before;

  slowDoor.freeze();
  // What the kernel and the proxy hold is full after some megabytes; then the API's own buffers grow.
  const text = 'x'.repeat(30_000);
  let sent = 0;
  const isOver = async () => (await readHealth(api!.url)).sockets === steady;
  while (!(await isOver()) && sent < 2_000) {
    await Promise.all(Array.from({ length: 5 }, () => person!.say(roomId, `${text} ${sent++}`)));
    if (sent % 25 === 0) most = Math.max(most, await keptBytes(api!.running));
  }
  await until('the slow ones are closed', isOver);
  // Each slow reader may have its cap unsent. Without a bound, each of the twelve would hold all that was sent: hundreds of megabytes in
  // all.
  expect(most - before).toBeLessThan(slow.length * cap * 2);
  // The other readers got everything meanwhile, on connections that never broke.
  await until('the others have it all', () =>
    readers.every(({ record }) => record.seen.filter(({ event }) => event.type === 'message').length >= sent),
  );
  for (const { record } of readers) expect(record.seen.filter(({ event }) => event.type === 'hello')).toHaveLength(1);

  slowDoor.restore();
  await Promise.all(
    slowReading.map(({ events }) =>
      events.until((items) => new Set(items.flatMap(({ data }) => (data.type === 'message' ? [data.message.seq] : []))).size === sent),
    ),
  );
  await scene.settle();
  await Promise.all(slow.map((each) => each[Symbol.asyncDispose]()));
});
