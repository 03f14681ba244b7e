import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { leaseOf } from './harness/truth.js';
import { soonTakenOver, startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '26 kill a worker between a tool and the answer', apis: 1, workers: 2, variables: soonTakenOver });
});
afterEach(() => world?.restore());
afterAll(() => world?.[Symbol.asyncDispose]());

test('a worker killed between a tool and the answer leaves one final version; the next goes on after the tool, and use is settled once', async () => {
  await using scene = await startScene(world, { name: 'killed-between', urls: world.apis.map(({ url }) => url) });
  const { db } = world.database;
  await db.character.update({ where: { handle: 'ada' }, data: { tools: ['search_room'] } });
  await scene.people[0]!.say(scene.roomId, 'The importer moves at four.');
  let asked = 0;
  world.model.script(({ turns }) => {
    asked++;
    if (turns.at(-1)!.role !== 'tool') return { steps: [{ call: { name: 'search_room', arguments: { query: 'importer' } } }] };
    if (asked === 2) return { steps: [{ stall: true }] };
    return { steps: ['At four.'], usage: { promptTokens: 321, completionTokens: 12 } };
  });
  await scene.people[0]!.say(scene.roomId, '@ada when does it move?');
  await until('the model was asked with what was found', async () => asked === 2);
  const [job] = await db.$queryRawUnsafe<[{ id: string; reserved: number }]>(
    "select id::text, reserved_tokens as reserved from jobs where kind = 'reply'",
  );
  const { owner } = await leaseOf(world.database, job.id);
  await world.workers.find(({ name }) => name === owner)!.kill();

  const truth = await scene.settle();
  const replies = truth.messages.filter(({ kind }) => kind === 'reply');
  expect(replies).toMatchObject([{ id: job.id, status: 'complete', attempt: 2, content: 'At four.' }]);
  // The search is not made again: its result is in the third call as in the second.
  const calls = world.model.requests.map(({ turns }) => turns.map(({ role }) => role).join(' '));
  expect(calls).toEqual(['system user', 'system user assistant tool', 'system user assistant tool']);
  expect(world.model.requests.at(-1)!.turns.at(-1)!.text).toContain('The importer moves at four.');
  const { reply } = await db.message.findUniqueOrThrow({ where: { id: job.id } });
  expect(reply).toHaveProperty('tools', [{ callId: '0.0', tool: 'search_room', asked: 'importer', state: 'done', found: 1 }]);
  // What the dead worker may have used stays counted; what the other used is counted once, as the provider says.
  const { tokens } = await db.usageCounter.findFirstOrThrow({ where: { scope: 'instance', span: 'day' } });
  expect(Number(tokens)).toBe(job.reserved + 333);
});
