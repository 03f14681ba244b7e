import { afterAll, beforeAll, expect, test } from 'vitest';
import { gate, words } from '@parley/model-server';
import type { Conversation } from './harness/conversation.js';
import { readHealth } from './harness/health.js';
import { allHaveText, startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '01 kill an API', apis: 2, workers: 1 });
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('readers of an API that is killed in the middle of a stream reconnect elsewhere and end with the identical text', async () => {
  const urls = [world.apis[1]!.url, world.frontUrl, world.frontUrl, world.frontUrl];
  // By turns alone it would be chance whether any reader is at the API that dies.
  world.leadTo(world.apis[0]!);
  await using scene = await startScene(world, { name: 'killed-api', urls });
  world.leadTo(null);
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
  // Conversations of the chat surface, until one of their readers is on the API that will die.
  const chats: Conversation[] = [];
  const socketsThere = async () => (await readHealth(world.apis[0]!.url)).sockets;
  const before = await socketsThere();
  while ((await socketsThere()) === before && chats.length < 9)
    chats.push(await scene.people[1]!.converse(`beside ${chats.length}`, world.frontUrl));
  expect(await socketsThere()).toBeGreaterThan(before);
  const said = await scene.people[0]!.say(scene.roomId, '@ada tell us');
  expect(said.acknowledged).not.toBeNull();
  const told = await Promise.all(chats.map(({ ask }) => ask('Tell me too')));
  await until('everyone has text', () => allHaveText(scene.readers, 100));
  await until('so have the conversations', () => chats.every(({ reader }, i) => (reader.answer(told[i]!)?.text.length ?? 0) >= 100));

  const moved = world.front.accepted;
  await world.apis[0]!.kill();
  // Nobody tells the readers of this message while they reconnect.
  expect((await scene.people[0]!.say(scene.roomId, 'said while they were gone')).acknowledged).not.toBeNull();
  door.open();
  const truth = await scene.settle();
  for (const chat of chats) expect(await chat.settle(world.database)).toMatchObject([{ status: 'complete', content: text, attempt: 1 }]);
  expect(chats.some(({ reader }) => reader.connections() > 1)).toBe(true);
  expect(truth.messages.find(({ kind }) => kind === 'reply')).toMatchObject({
    kind: 'reply',
    status: 'complete',
    content: text,
    attempt: 1,
  });
  const reply = truth.messages.find(({ kind }) => kind === 'reply')!;
  for (const reader of scene.readers) expect([...reader.messages()].find(({ id }) => id === reply.id)?.content).toBe(text);
  // All but the first person's readers were on the API that died. They came back by the front door, to the other API.
  expect(world.front.accepted).toBeGreaterThan(moved);
});
