import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connect } from '../harness/person.js';
import type { EventReader } from './harness/reader.js';
import { startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '16 resync', apis: 2, workers: 1, variables: { MAX_REPLAY: '50', HUB_RING_SIZE: '20' } });
});
afterEach(() => world?.restore());
afterAll(() => world?.[Symbol.asyncDispose]());

test('a position older than what is replayed, or newer than the head, is told to resync, and the subscription stays live', async () => {
  await using scene = await startScene(world, { name: 'resync', urls: [world.apis[0]!.url] });
  const { people, roomId } = scene;
  const [person] = people;
  for (let n = 0; n < 80; n++) await person!.say(roomId, `message ${n}`);
  const account = { id: person!.id, username: person!.name, accessToken: person!.client.auth.accessToken()!, refreshToken: '' };
  const head = (await person!.client.trpc.rooms.get.query({ roomId })).rev;
  for (const [index, api] of world.apis.entries()) {
    await using raw = connect(api.url, account);
    for (const after of [0, 5, head + 1_000]) {
      const reading = raw.read(roomId, after);
      await reading.events.until((items) => items.some(({ data }) => data.type === 'resync'));
      const [hello, ...rest] = reading.events.items.map(({ data }) => data);
      expect(hello!.type).toBe('hello');
      // No earlier event comes before `resync`, because the reader could not tell which ones were left out.
      expect(rest.find(({ type }) => type === 'message' || type === 'resync')).toMatchObject({
        type: 'resync',
        rev: (await person!.client.trpc.rooms.get.query({ roomId })).rev,
      });
      const said = await person!.say(roomId, `live on ${index} after ${after}`);
      await reading.events.until((items) =>
        items.some(({ data }) => data.type === 'message' && data.message.seq === said.acknowledged!.seq),
      );
      expect(reading.errors.items).toEqual([]);
      reading.stop();
    }
    // A reader who is a little behind gets each event replayed.
    const behind = (await person!.client.trpc.rooms.get.query({ roomId })).rev - 10;
    const reading = raw.read(roomId, behind);
    await reading.events.until((items) => items.filter(({ data }) => data.type === 'message').length === 10);
    expect(reading.events.items.some(({ data }) => data.type === 'resync')).toBe(false);
  }
});

test('a client that was away for more than is replayed ends with what a fresh fetch gives', async () => {
  await using scene = await startScene(world, { name: 'long-away', urls: [world.apis[0]!.url, world.apis[1]!.url] });
  const [here, away] = scene.people;
  const theirs = scene.readers.filter(({ name }) => name.startsWith(away!.name));
  world.apis[1]!.door.refuse();
  for (let n = 0; n < 120; n++) await here!.say(scene.roomId, `message ${n}`);
  world.apis[1]!.door.restore();
  await until('they are told', () => theirs.every((reader) => reader.resynced()));
  // The state built from events alone now has a hole, which is what `resync` says. So leave out who built theirs so.
  const built = theirs.filter(({ name }) => /\((tRPC|SSE)\)$/.test(name));
  const truth = await scene.settle({ readers: scene.readers.filter((reader) => !built.includes(reader)) });
  const [session] = theirs as [EventReader];
  expect((await session.picture())!.messages).toHaveLength(truth.messages.length);
});
