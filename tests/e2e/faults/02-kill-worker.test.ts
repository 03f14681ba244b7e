import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { promptText, words, type RecordedRequest } from '@parley/model-server';
import { allHaveText, startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { leaseOf } from './harness/truth.js';
import { soonTakenOver, startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  // A prompt that some dozen long messages fill.
  const variables = { ...soonTakenOver, REPLY_PROMPT_TOKENS: '2000' };
  world = await startWorld({ name: '02 kill a worker', apis: 2, workers: 2, variables });
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

test('a summary whose worker is killed is written by another, and no answer waits for it', async () => {
  await using scene = await startScene(world, { name: 'killed-summary', urls: [world.apis[0]!.url] });
  const { db } = world.database;
  const [person] = scene.people;
  const isSummary = (request: RecordedRequest) => promptText(request).includes('You keep the notes of');
  let summaries = 0;
  world.model.script((request) => {
    if (!isSummary(request)) return { steps: words('An answer.') };
    return { steps: summaries++ === 0 ? [...words('Half the'), { stall: true }] : words('Whole notes.') };
  });
  for (let n = 0; n < 24; n++) await person!.say(scene.roomId, `number ${n}: ${'lorem ipsum dolor sit amet '.repeat(8)}`);
  await person!.say(scene.roomId, '@ada go');
  await until('the summary has begun', () => summaries === 1);
  const first = await scene.settle();
  expect(first.messages.find(({ kind }) => kind === 'reply')).toMatchObject({ status: 'complete', content: 'An answer.' });

  const job = () => db.job.findFirstOrThrow({ where: { kind: 'room_summary', roomId: scene.roomId }, orderBy: { createdAt: 'asc' } });
  const { id, leaseOwner } = await job();
  await world.workers.find(({ name }) => name === leaseOwner)!.kill();
  const notes = () => db.summaryStep.findMany({ where: { roomId: scene.roomId }, orderBy: { step: 'asc' } });
  await until('another worker has written it', async () => (await notes()).length > 0 && (await job()).state === 'done');
  expect(await job()).toMatchObject({ id, state: 'done', attempt: 2 });
  expect((await notes())[0]).toMatchObject({ step: 1, firstSeq: 1, text: 'Whole notes.' });

  await person!.say(scene.roomId, '@ada go on');
  await scene.settle();
  const asked = world.model.requests.findLast((request) => !isSummary(request))!;
  expect(promptText(asked)).toMatch(/<earlier-(\w+)>\nWhole notes.\n<\/earlier-\1>/);
});
