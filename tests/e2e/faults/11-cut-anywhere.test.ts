import { afterAll, beforeAll, expect, test } from 'vitest';
import { gate, words } from '@parley/model-server';
import { talker } from './harness/people.js';
import type { TextRead } from './harness/history.js';
import { surfaces } from './harness/other-readers.js';
import { startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { TcpProxy } from './harness/tcp-proxy.js';
import { startWorld, type World } from './harness/world.js';

let world: World;
const cuts = 120;
/** After so many cuts all connections are cut, and the readers are waited for. */
const cutsOfRound = 15;

beforeAll(async () => {
  // The worker lives on: no machine may be so slow that its lease lapses and the reply is begun again.
  // The room closes as soon as nobody reads it. So each time the reader is back, its API has to ask the worker for the text so far, while
  // more text is on its way.
  world = await startWorld({ name: '11 cut at any byte', apis: 2, workers: 1, variables: { HUB_LINGER_MS: '1', REPLY_LEASE_MS: '60000' } });
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('a reader whose socket is cut at any byte of a stream has the same text, each time it is back and in the end', async () => {
  const [quiet, api] = world.apis;
  await using scene = await startScene(world, { name: 'uncut', urls: [quiet!.url] });
  const { roomId, people } = scene;
  await using door = await TcpProxy.start(() => ({ port: api!.ownPort! }));
  await using reader = await talker('often-cut', { url: `http://127.0.0.1:${door.port}`, history: scene.history, chance: world.chance });
  await reader.client.trpc.rooms.join.mutate({ roomId });
  const url = `http://127.0.0.1:${door.port}`;
  const cutReaders = [reader.open(roomId), ...surfaces.map((surface) => reader.readBy(surface, roomId, url))];
  await until('it reads', () => cutReaders.every((each) => each.connections() > 0));

  const end = gate();
  let over = false;
  void end.opened.then(() => (over = true));
  /** By request: of the room, then of the conversation. */
  const texts: string[] = [];
  world.model.script(({ index }) => ({
    steps: (async function* () {
      texts[index] = '';
      for (let i = 0; !over; i++) {
        const piece = `${i} 🚢 é and so on, `;
        texts[index] += piece;
        yield* words(piece);
        yield { waitMs: 4 };
      }
    })(),
  }));
  const chat = await reader.converse('beside', url);
  await people[0]!.say(roomId, '@ada go on and on');
  await until('the answer has begun', () => texts.length === 1);
  const toldId = await chat.ask('So do you');
  for (let cut = 0; cut < cuts; cut++) {
    const connections = door.accepted;
    // The cut may fall into the handshake, `hello`, a snapshot or a delta, or between two frames.
    door.cutEachAfter(() => world.chance.between(1, world.chance.random() < 0.3 ? 600 : 12_000));
    // Connections that were open before have no limit, so cut them by hand.
    if (cut % cutsOfRound === 0) door.cut();
    await until('it connects again', () => door.accepted > connections);
    if (cut % 10 === 0) await people[0]!.say(roomId, `meanwhile ${cut}`);
    if (cut % cutsOfRound === cutsOfRound - 1) {
      const seen = texts.map(({ length }) => length);
      const [{ messageId }] = [...scene.readers[0]!.texts()] as [TextRead];
      door.restore();
      await until('it has the text so far', () => cutReaders.every((each) => (each.textOf(messageId)?.text.length ?? 0) >= seen[0]!));
      for (const each of cutReaders) expect([each.name, texts[0]!.startsWith(each.textOf(messageId)!.text)]).toEqual([each.name, true]);
      await until('so has the conversation', () => (chat.reader.answer(toldId)?.text.length ?? 0) >= (seen[1] ?? 0));
      expect(texts[1]!.startsWith(chat.reader.answer(toldId)!.text)).toBe(true);
    }
  }
  end.open();
  const truth = await scene.settle({ readers: [...scene.readers, ...cutReaders] });
  expect(truth.messages.find(({ kind }) => kind === 'reply')?.content).toBe(texts[0]);
  expect(await chat.settle(world.database)).toMatchObject([{ status: 'complete', content: texts[1], attempt: 1 }]);
  expect(door.accepted).toBeGreaterThanOrEqual(cuts);
  // How often a reader is let in between two cuts depends on the machine, but in each round the test waited for it.
  for (const each of cutReaders) expect(each.connections(), each.name).toBeGreaterThan(cuts / cutsOfRound);
  expect(chat.reader.connections()).toBeGreaterThan(cuts / cutsOfRound);
});
