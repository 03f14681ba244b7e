import { words } from '@parley/model-server';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { allHaveText, startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { leaseOf } from './harness/truth.js';
import { soonTakenOver, startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({
    name: '25 kill a worker whose model is a stand-in',
    apis: 1,
    workers: 2,
    variables: { ...soonTakenOver, MODEL_FALLBACKS: 'openai:stand-in' },
  });
});
afterEach(() => world?.restore());
afterAll(() => world?.[Symbol.asyncDispose]());

test('a worker killed while a model stands in leaves one final version, whose use is settled once', async () => {
  await using scene = await startScene(world, { name: 'killed-stand-in', urls: world.apis.map(({ url }) => url) });
  const { db } = world.database;
  const first = 'The stand-in said this much and';
  const second = 'The next worker asked anew and came to the end.';
  let standIns = 0;
  world.model.script(({ model }) => {
    if (model !== 'stand-in') return { refuse: 'overloaded' };
    standIns++;
    if (standIns === 1) return { steps: [...words(first), { stall: true }] };
    return { steps: words(second), usage: { promptTokens: 321, completionTokens: 12 } };
  });
  await scene.people[0]!.say(scene.roomId, '@ada go');
  await until('everyone has the first text', () => allHaveText(scene.readers, first.length));
  const [job] = await db.$queryRawUnsafe<[{ id: string; reserved: number }]>(
    "select id::text, reserved_tokens as reserved from jobs where kind = 'reply'",
  );
  expect(job.reserved).toBeGreaterThan(0);
  const { owner } = await leaseOf(world.database, job.id);
  await world.workers.find(({ name }) => name === owner)!.kill();

  const truth = await scene.settle();
  const replies = truth.messages.filter(({ kind }) => kind === 'reply');
  expect(replies).toMatchObject([{ id: job.id, status: 'complete', attempt: 2, content: second }]);
  expect(world.model.requests.map(({ model }) => model)).toEqual(['scripted', 'stand-in', 'scripted', 'stand-in']);
  for (const reader of scene.readers) expect([reader.name, reader.attempts(job.id)]).toEqual([reader.name, [1, 2]]);
  // What the dead worker may have used stays counted; what the other used is counted once, as the provider says, for the model that wrote.
  const counters = await db.usageCounter.findMany();
  expect(counters.map(({ scope, span, tokens }) => `${scope} ${span} ${tokens}`).toSorted()).toEqual(
    ['character', 'instance', 'person', 'room'].flatMap((scope) =>
      ['day', 'month'].map((span) => `${scope} ${span} ${job.reserved + 333}`),
    ),
  );
  const days = await db.usageDay.findMany();
  expect(days.map(({ model, calls, inputTokens, outputTokens }) => [model, calls, inputTokens, outputTokens])).toEqual([
    ['openai:stand-in', 1, 321n, 12n],
  ]);
  const versions = await db.$queryRawUnsafe<{ model: string; attempt: number }[]>(
    "select receipt->>'model' as model, attempt from reply_receipts where reply_id = $1::uuid order by attempt",
    job.id,
  );
  expect(versions).toEqual([{ model: 'openai:stand-in', attempt: 2 }]);
});
