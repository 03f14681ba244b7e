import { afterAll, beforeAll, expect, test } from 'vitest';
import { startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { repliesOf } from './harness/truth.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '05 JetStream wiped', apis: 1, workers: 1 });
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('calls that were queued when JetStream lost its data run all the same, and so do later ones', async () => {
  await using scene = await startScene(world, { name: 'wiped', urls: [world.apis[0]!.url] });
  const [worker] = world.workers;
  const [person] = scene.people;
  expect(await worker!.stop()).toBe(0);
  for (let i = 0; i < 4; i++) await person!.say(scene.roomId, `/ask question ${i}`);
  expect(await repliesOf(world.database, scene.roomId)).toMatchObject(Array.from({ length: 4 }, () => ({ status: 'queued' })));

  await world.nats.restartEmpty();
  await worker!.start();
  await until('the queued calls have run', async () =>
    (await repliesOf(world.database, scene.roomId)).every(({ status }) => status === 'complete'),
  );

  // The store is wiped while processes run, so the stream has to be made again.
  await world.nats.restartEmpty();
  await person!.say(scene.roomId, '/ask one more');
  await until('the later call has run', async () => {
    const replies = await repliesOf(world.database, scene.roomId);
    return replies.length === 5 && replies.every(({ status }) => status === 'complete');
  });
  await scene.settle();
});
