import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { words } from '@parley/model-server';
import { allHaveText, startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { leaseOf } from './harness/truth.js';
import { soonTakenOver, startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '02 kill a worker', apis: 2, workers: 2, variables: soonTakenOver });
});
afterEach(() => world?.restore());
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

test('a reader of the chat surface is told that the answer was begun anew, under another id, and appends no mix of the two', async () => {
  await using scene = await startScene(world, { name: 'killed-in-chat', urls: [world.apis[0]!.url] });
  const first = 'The first worker said this much and';
  const second = 'The second worker began anew and came to the end.';
  let begun = 0;
  world.model.script(() => ({ steps: begun++ === 0 ? [...words(first), { stall: true }] : words(second) }));
  const chat = await scene.people[0]!.converse('beside', world.apis[1]!.url);
  const id = await chat.ask('go');
  await until('it has the first text', () => chat.reader.answer(id)?.text === first);
  const { owner } = await leaseOf(world.database, id);
  await world.workers.find(({ name }) => name === owner)!.kill();
  expect(await chat.settle(world.database)).toMatchObject([{ id, status: 'complete', attempt: 2, content: second }]);
  expect(chat.reader.connections()).toBe(1);
});
