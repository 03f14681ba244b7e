import { afterAll, beforeAll, expect, test } from 'vitest';
import { gate, words } from '../model-server/index.js';
import { History } from './harness/history.js';
import { talker } from './harness/people.js';
import { settleAndCheck, until } from './harness/settle.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '01 kill an API', apis: 2, workers: 1 });
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('readers of an API that is killed in the middle of a stream reconnect elsewhere and end with the identical text', async () => {
  const history = new History();
  const options = { history, chance: world.chance };
  await using steady = await talker('steady', { ...options, url: world.apis[1]!.url });
  const movers = await Promise.all(['mo1', 'mo2', 'mo3'].map((name) => talker(name, { ...options, url: world.frontUrl })));
  const { id: roomId } = await steady.client.trpc.rooms.create.mutate({ name: 'Killed API' });
  await Promise.all(movers.map(({ client }) => client.trpc.rooms.join.mutate({ roomId })));
  const readers = [
    steady.open(roomId),
    ...movers.map((each) => each.open(roomId)),
    ...movers.map((each) => each.readRaw(roomId, world.frontUrl)),
  ];
  await until('everyone reads', () => readers.every(({ record }) => record.seen.length > 0));

  const text = `It began — 🚢 — ${'and went on, word after word, '.repeat(30)}to its end.`;
  const door = gate();
  world.model.script(() => ({
    steps: (async function* () {
      const pieces = words(text);
      yield* pieces.slice(0, 60);
      yield { until: door.opened };
      for (const piece of pieces.slice(60)) {
        yield piece;
        yield { waitMs: 5 };
      }
    })(),
  }));
  const said = await steady.say(roomId, '@ada tell us');
  expect(said.acknowledged).not.toBeNull();
  const reading = () => readers.every(({ record }) => record.seen.some(({ event }) => event.type === 'delta'));
  await until('everyone has text', reading);

  const moved = world.front.accepted;
  await world.apis[0]!.kill();
  door.open();
  const truth = await settleAndCheck({ database: world.database, trpc: steady.client.trpc, history, roomId, readers });
  expect(truth.messages.at(-1)).toMatchObject({ kind: 'reply', status: 'complete', content: text, attempt: 1 });
  for (const reader of readers) expect((await reader.picture())?.messages.at(-1)?.content).toBe(text);
  // Some of them were on the API that died, and came back by the front door to the other.
  expect(world.front.accepted).toBeGreaterThan(moved);
  await Promise.all(movers.map((each) => each[Symbol.asyncDispose]()));
});
