import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { words } from '@parley/model-server';
import { allHaveText, startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { leaseOf } from './harness/truth.js';
import { soonTakenOver, startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '25 kill a worker that writes again', apis: 1, workers: 2, variables: soonTakenOver });
});
afterEach(() => world?.restore());
afterAll(() => world?.[Symbol.asyncDispose]());

test('a worker killed while it writes a reply again leaves one final version, the text of before beside it, and usage settled once', async () => {
  await using scene = await startScene(world, { name: 'killed-again', urls: world.apis.map(({ url }) => url) });
  const [first, cut, last] = ['The first answer is long.', 'The second worker said this much and', 'Short.'];
  const usage = { promptTokens: 100, completionTokens: 10 };
  world.model.script(({ index }) =>
    index === 0
      ? { steps: words(first), usage }
      : index === 1
        ? { steps: [...words(cut), { stall: true }], usage }
        : { steps: words(last), usage },
  );
  const person = scene.people[0]!;
  const asked = await person.say(scene.roomId, '@ada go');
  const [{ id: messageId }] = await world.database.db.$queryRawUnsafe<[{ id: string }]>('select message_id::text as id from reply_jobs');
  await until('the first answer ends', async () => (await textOf(messageId)) === first);
  await person.client.trpc.replies.regenerate.mutate({ messageId, instruction: 'shorter' });
  await until('everyone has the second text', () => allHaveText(scene.readers, cut.length));
  const { owner } = await leaseOf(world.database, messageId);
  await world.workers.find(({ name }) => name === owner)!.kill();

  const truth = await scene.settle();
  const replies = truth.messages.filter(({ kind }) => kind === 'reply');
  expect(replies).toMatchObject([{ id: messageId, seq: asked.acknowledged!.seq + 1, status: 'complete', attempt: 3, content: last }]);
  expect(await world.database.db.replyVersion.findMany({ select: { attempt: true, content: true } })).toEqual([
    { attempt: 1, content: first },
  ]);
  // The takeover was asked with the same wish and the same text of before.
  expect(world.model.requests).toHaveLength(3);
  for (const request of world.model.requests.slice(1)) expect(JSON.stringify(request.body)).toContain('shorter');
  // Two whole calls, and the most of the call that the killed worker had counted, which nobody can know better.
  const [job] = await world.database.db.job.findMany({ where: { id: messageId } });
  expect(job).toMatchObject({ state: 'done', usage: { inputTokens: 100, outputTokens: 10 } });
  expect(await world.database.db.usageDay.findMany()).toMatchObject([{ calls: 2, inputTokens: 200n, outputTokens: 20n }]);
  const [counted] = await world.database.db.aiUsage.findMany();
  expect(Number(counted!.tokens)).toBeGreaterThan(220);
});

async function textOf(id: string): Promise<string> {
  return (await world.database.db.message.findUniqueOrThrow({ where: { id } })).content;
}
