import { afterAll, beforeAll, expect, test } from 'vitest';
import { askableForMemory, keptBytes } from '../harness/kept-memory.js';
import { readHealth } from './harness/health.js';
import { surfaces } from './harness/other-readers.js';
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
  // The slow readers have a door of their own, so that they do not hold up the others.
  await using slowDoor = await TcpProxy.start(() => ({ port: api!.ownPort! }));
  const slowUrl = `http://127.0.0.1:${slowDoor.port}`;
  const slow = Array.from({ length: 12 }, (_, i) => person!.readBy(surfaces[i % surfaces.length]!, roomId, slowUrl));
  await until('they read', () => slow.every((each) => each.connections() > 0));
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
  await until('the others have it all', () => readers.every((reader) => [...reader.messages()].length >= sent));
  for (const reader of readers) expect([reader.name, reader.connections()]).toEqual([reader.name, 1]);
  for (const reader of slow) expect([reader.name, [...reader.messages()].length < sent]).toEqual([reader.name, true]);

  slowDoor.restore();
  // Each of them ends with all that was said while it did not read.
  await scene.settle({ readers: [...readers, ...slow] });
  for (const reader of slow) expect([reader.name, reader.connections() > 1, reader.resynced()]).toEqual([reader.name, true, false]);
});
