import { afterAll, beforeAll, expect, test } from 'vitest';
import { gate, words } from '@parley/model-server';
import { allHaveText, startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '17 the final event lost', apis: 2, workers: 1, links: true });
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('the bus loses the end of a reply and the last message of a room: every reader settles all the same', async () => {
  await using scene = await startScene(world, { name: 'final', urls: world.apis.map(({ url }) => url) });
  const { people, roomId, readers } = scene;
  const door = gate();
  world.model.script(() => ({
    steps: (async function* () {
      yield* words('Everyone reads this,');
      yield { until: door.opened };
      yield* words(' and nobody is sent the end.');
    })(),
  }));
  await people[0]!.say(roomId, '@ada go');
  await until('everyone has the beginning', () => allHaveText(readers, 'Everyone reads this,'.length));

  // The worker alone is cut off: nobody else sees a connection break, so nobody has a reason to look.
  world.workers[0]!.links.nats.refuse();
  door.open();
  const truth = await scene.settle();
  expect(truth.messages.at(-1)).toMatchObject({ status: 'complete', content: 'Everyone reads this, and nobody is sent the end.' });

  // The same for a message: its sender's API is cut off, and the others hear nothing of it.
  world.apis[0]!.links.nats.refuse();
  const last = await people[0]!.say(roomId, 'the last word');
  expect(last.acknowledged).not.toBeNull();
  await scene.settle();
  world.workers[0]!.links.nats.restore();
  world.apis[0]!.links.nats.restore();
});
