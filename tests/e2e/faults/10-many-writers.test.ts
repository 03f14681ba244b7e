import { afterAll, beforeAll, expect, test } from 'vitest';
import { talker } from './harness/people.js';
import { startScene } from './harness/scene.js';
import { startWorld, type World } from './harness/world.js';

let world: World;
const writers = 50;
const messagesEach = 5;

beforeAll(async () => {
  world = await startWorld({ name: '10 fifty writers', apis: 3, workers: 1, variables: { PASSWORD_HASH_CONCURRENCY: '4' } });
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('50 writers in one room on three APIs, with members coming and going: no deadlock, seq gap-free, every reader the same', async () => {
  await using scene = await startScene(world, { name: 'many', urls: world.apis.map(({ url }) => url) });
  const { roomId, history } = scene;
  const crowd = await Promise.all(
    Array.from({ length: writers }, (_, i) =>
      talker(`writer-${i + 1}`, { url: world.apis[i % 3]!.url, history, chance: world.chance, callTimeoutMs: 15_000 }),
    ),
  );
  await Promise.all(
    crowd.map(async ({ client, say }, i) => {
      await client.trpc.rooms.join.mutate({ roomId });
      for (let n = 0; n < messagesEach; n++) {
        // Every tenth calls Ada, so that replies write into the same room.
        const sent = await say(roomId, n === 2 && i % 10 === 0 ? `@ada from writer ${i}` : `message ${n} of writer ${i}`);
        expect(sent).toMatchObject({ refused: null });
        expect(sent.acknowledged).not.toBeNull();
        // Every fifth goes and comes back in between.
        if (i % 5 === 0 && n % 2 === 1) {
          await client.trpc.rooms.leave.mutate({ roomId });
          await client.trpc.rooms.join.mutate({ roomId });
        }
      }
    }),
  );
  const truth = await scene.settle({ timeoutMs: 40_000 });
  expect(truth.messages.filter(({ kind }) => kind === 'text')).toHaveLength(writers * messagesEach);
  expect(truth.messages.filter(({ kind }) => kind === 'reply')).toHaveLength(writers / 10);
  expect(truth.fresh.members).toHaveLength(writers + scene.people.length);
  for (const { running } of [...world.apis, ...world.workers]) expect(running.output()).not.toMatch(/deadlock/i);
  await Promise.all(crowd.map((each) => each[Symbol.asyncDispose]()));
});
