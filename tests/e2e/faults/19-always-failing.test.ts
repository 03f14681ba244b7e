import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { promptText, words, type ModelAnswer } from '@parley/model-server';
import { startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { repliesOf } from './harness/truth.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({
    name: '19 a job that always fails',
    apis: 1,
    workers: 1,
    variables: {
      REPLY_MAX_TRIES: '3',
      REPLY_BETWEEN_TOKENS_MS: '400',
      REPLY_FIRST_TOKEN_MS: '400',
      WORKER_CONCURRENCY: '2',
      REPLY_LEASE_MS: '2000',
    },
  });
});
afterEach(() => world?.restore());
afterAll(() => world?.[Symbol.asyncDispose]());

const ways: Record<string, () => ModelAnswer> = {
  'status 500': () => ({ status: 500 }),
  'status 429': () => ({ status: 429, headers: { 'retry-after': '0' } }),
  'a cut in the middle': () => ({ steps: [...words('half an'), { cut: true }] }),
  'a stall in the middle': () => ({ steps: [...words('half an'), { stall: true }] }),
  'malformed chunks': () => ({ steps: ['half', { raw: 'data: {"choices": [}\n\n' }] }),
  'an error in the stream': () => ({ steps: ['half', { error: { message: 'overloaded', type: 'server_error' } }] }),
};

test('jobs that always fail are tried a bounded number of times and fail in the room, while the queue flows on', async () => {
  await using scene = await startScene(world, { name: 'failing', urls: [world.apis[0]!.url] });
  const { people, roomId } = scene;
  const tried = new Map<string, number>();
  world.model.script((request) => {
    const prompt = promptText(request);
    // The question comes last, after what was said before.
    const way = [...Object.keys(ways), 'none'].sort((a, b) => prompt.lastIndexOf(`doomed: ${b}`) - prompt.lastIndexOf(`doomed: ${a}`))[0]!;
    tried.set(way, (tried.get(way) ?? 0) + 1);
    return ways[way]?.() ?? { steps: words('All is well.') };
  });
  const asked = new Map<string, string>();
  for (const way of [...Object.keys(ways), 'none']) {
    const { acknowledged } = await people[0]!.say(roomId, `/ask doomed: ${way}`);
    asked.set(way, acknowledged!.messageId);
  }
  const truth = await scene.settle();
  for (const [way, messageId] of asked) {
    const reply = truth.fresh.messages.find(({ replyTo }) => replyTo === messageId)!;
    if (way === 'none') {
      expect(reply).toMatchObject({ status: 'complete', content: 'All is well.' });
      continue;
    }
    expect([way, reply.status]).toEqual([way, 'failed']);
    // The room is told why, in words, and how far it came.
    expect([way, reply.error!.code]).toEqual([way, expect.stringMatching(/^MODEL_/)]);
    expect(reply.error!.message.length).toBeGreaterThan(10);
    // A reply that had shown nothing was tried again, by the count of its own worker, not by that of a worker that would claim it next.
    if (way.startsWith('status')) expect([way, reply.error!.message]).toEqual([way, expect.stringContaining('Tried 3 times.')]);
    expect(tried.get(way)).toBeLessThanOrEqual(3);
    expect(tried.get(way)).toBeGreaterThanOrEqual(1);
    // The person who asked can have the reply tried again, with as many tries as the first time.
    world.model.script(() => ({ steps: words('Better now.') }));
    await people[0]!.client.trpc.replies.regenerate.mutate({ messageId: reply.id });
  }
  const again = await scene.settle();
  expect(again.messages.filter(({ content }) => content === 'Better now.')).toHaveLength(Object.keys(ways).length);
});

test('a job that takes its worker with it, every time, ends as a failure too', async () => {
  await using scene = await startScene(world, { name: 'poison', urls: [world.apis[0]!.url] });
  const { people, roomId } = scene;
  const [worker] = world.workers;
  let asked = 0;
  world.model.script(() => {
    asked++;
    return { steps: [...words('And then'), { stall: true }] };
  });
  await people[0]!.say(roomId, '/ask poison');
  for (let deaths = 1; deaths <= 3; deaths++) {
    const isOver = async () => (await repliesOf(world.database, roomId))[0]!.status === 'failed';
    await until('it was begun, or given up', async () => asked >= deaths || (await isOver()));
    if (await isOver()) break;
    await worker!.kill();
    await worker!.start();
  }
  const truth = await scene.settle();
  expect(truth.fresh.messages.at(-1)).toMatchObject({ status: 'failed', error: { code: 'TRIES_EXHAUSTED' } });
  expect(asked).toBeLessThanOrEqual(3);
  world.model.script(() => ({ steps: words('All is well.') }));
  await people[0]!.say(roomId, '/ask the next');
  expect((await scene.settle()).messages.at(-1)).toMatchObject({ status: 'complete' });
});
