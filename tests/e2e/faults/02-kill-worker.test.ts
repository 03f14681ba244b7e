import { afterAll, beforeAll, expect, test } from 'vitest';
import { words } from '@parley/model-server';
import { allHaveText, startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { leaseOf } from './harness/truth.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '02 kill a worker', apis: 2, workers: 2 });
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('a reply whose worker is killed is begun again by another as the next attempt, and ends as one message', async () => {
  await using scene = await startScene(world, { name: 'killed-worker', urls: world.apis.map(({ url }) => url) });
  const first = 'The first worker said this much and';
  const second = 'The second worker began anew and came to the end.';
  world.model.script(({ index }) => ({ steps: index === 0 ? [...words(first), { stall: true }] : words(second) }));
  const asked = await scene.people[0]!.say(scene.roomId, '@ada go');
  await until('everyone has the first text', () => allHaveText(scene.readers, first.length));

  const [{ id: messageId }] = await world.database.db.$queryRawUnsafe<[{ id: string }]>('select message_id::text as id from reply_jobs');
  const { owner } = await leaseOf(world.database, messageId);
  await world.workers.find(({ name }) => name === owner)!.kill();
  // What people say meanwhile does not wait for the reply.
  expect((await scene.people[1]!.say(scene.roomId, 'still here?')).acknowledged).not.toBeNull();

  const truth = await scene.settle();
  const replies = truth.messages.filter(({ kind }) => kind === 'reply');
  expect(replies).toMatchObject([{ id: messageId, seq: asked.acknowledged!.seq + 1, status: 'complete', attempt: 2, content: second }]);
  expect(world.model.requests).toHaveLength(2);
  // Every reader saw the first text go and the second come, and none saw a mix of the two.
  for (const reader of scene.readers) expect([reader.name, reader.attempts(messageId)]).toEqual([reader.name, [1, 2]]);
});
