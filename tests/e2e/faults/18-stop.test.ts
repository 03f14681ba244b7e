import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connect, type Person } from '../harness/person.js';
import { words } from '@parley/model-server';
import { startScene, type Scene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { repliesOf } from './harness/truth.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  // A lease so long that no renewal comes while a test lasts: only the bus can tell a worker to stop.
  world = await startWorld({ name: '18 stop', apis: 2, workers: 1, links: true, variables: { REPLY_LEASE_MS: '7200000' } });
});
afterEach(() => world?.restore());
afterAll(() => world?.[Symbol.asyncDispose]());

const stalling = { steps: [...words('This much was said.'), { stall: true as const }] };

/** Asks, and waits until everyone has the text before the stall. */
async function askAndRead(scene: Scene): Promise<string> {
  world.model.script(() => stalling);
  await scene.people[0]!.say(scene.roomId, '/ask anything');
  const { id } = (await repliesOf(world.database, scene.roomId)).at(-1)!;
  await until('everyone has text', () => scene.readers.every((reader) => reader.textOf(id)?.text === 'This much was said.'));
  return id;
}

test('stop, pressed on another instance, ends the reply before its lease is renewed, and keeps its text so far', async () => {
  await using scene = await startScene(world, { name: 'stop-far', urls: world.apis.map(({ url }) => url) });
  const [asker] = scene.people;
  // The owner's second device, on the other API.
  await using elsewhere = otherDevice(scene);
  for (let i = 0; i < 5; i++) {
    const messageId = await askAndRead(scene);
    await elsewhere.http.replies.stop.mutate({ messageId });
    const truth = await scene.settle();
    expect(truth.messages.at(-1)).toMatchObject({ status: 'stopped', content: 'This much was said.' });
    expect(truth.fresh.messages.at(-1)!.reply!.stoppedBy).toBe(asker!.id);
    expect(await world.model.requests.at(-1)!.ended).toBe('left');
  }
});

test('a stop that the bus loses is found in the database when the lease is renewed', async () => {
  const [worker] = world.workers;
  await worker!.stop();
  await worker!.start({ REPLY_LEASE_MS: '3000' });
  await using scene = await startScene(world, { name: 'stop-lost', urls: world.apis.map(({ url }) => url) });
  const messageId = await askAndRead(scene);
  worker!.links.nats.refuse();
  await scene.people[0]!.client.trpc.replies.stop.mutate({ messageId });
  const truth = await scene.settle();
  expect(truth.messages.at(-1)).toMatchObject({ status: 'stopped', content: 'This much was said.' });
  worker!.links.nats.restore();
  await worker!.stop();
  await worker!.start();
});

test('a stop while queued ends the reply then and there; nobody writes it later', async () => {
  await using scene = await startScene(world, { name: 'stop-queued', urls: world.apis.map(({ url }) => url) });
  expect(await world.workers[0]!.stop()).toBe(0);
  const asked = world.model.requests.length;
  await scene.people[0]!.say(scene.roomId, '/ask anything');
  const messageId = (await repliesOf(world.database, scene.roomId))[0]!.id;
  expect(await scene.people[0]!.client.trpc.replies.stop.mutate({ messageId })).toMatchObject({
    status: 'stopped',
    attempt: 0,
    content: '',
  });
  await world.workers[0]!.start();
  // Once the worker has written the next reply, it has found everything that it had to find.
  world.model.script(() => ({ steps: ['the next'] }));
  await scene.people[0]!.say(scene.roomId, '/ask the next');
  const truth = await scene.settle();
  expect(truth.messages.filter(({ kind }) => kind === 'reply')).toMatchObject([
    { id: messageId, status: 'stopped', attempt: 0, content: '' },
    { status: 'complete', content: 'the next' },
  ]);
  expect(world.model.requests).toHaveLength(asked + 1);
});

test('a stop that races the end: one of the two wins, and everyone is told the same', async () => {
  await using scene = await startScene(world, { name: 'stop-race', urls: world.apis.map(({ url }) => url) });
  const text = 'one two three four five six seven eight';
  let wordMs = 2;
  world.model.script(() => ({ steps: words(text).flatMap((word) => [word, { waitMs: wordMs }]) }));
  const ends = { complete: 0, stopped: 0 };
  // Repeat until the race has gone both ways.
  for (let i = 0; i < 60 && (i < 12 || ends.complete === 0 || ends.stopped === 0); i++) {
    const asked = await scene.people[0]!.say(scene.roomId, `/ask ${i}`);
    await until('the reply has begun', async () => (await repliesOf(world.database, scene.roomId))[i]!.status !== 'queued');
    const messageId = (await repliesOf(world.database, scene.roomId))[i]!.id;
    // On a busy machine the same side may always win. So stop later or write more slowly each time, until each side has won once.
    if (ends.stopped === 0) wordMs = 2 + i;
    await delay(world.chance.between(0, 30 + (ends.complete === 0 ? i * 10 : 0)));
    await scene.people[0]!.client.trpc.replies.stop.mutate({ messageId });
    await until('it has ended', async () => !['queued', 'streaming'].includes((await repliesOf(world.database, scene.roomId))[i]!.status));
    const end = (await repliesOf(world.database, scene.roomId))[i]!;
    ends[end.status as 'complete' | 'stopped']++;
    expect(end.status === 'complete' ? end.content === text : text.startsWith(end.content)).toBe(true);
    // Stopping a reply that has ended returns it as it is.
    expect(await scene.people[0]!.client.trpc.replies.stop.mutate({ messageId })).toMatchObject({
      status: end.status,
      content: end.content,
    });
    expect(asked.acknowledged).not.toBeNull();
  }
  expect(ends.complete).toBeGreaterThan(0);
  expect(ends.stopped).toBeGreaterThan(0);
  await scene.settle();
});

/** The first person on the second API. */
function otherDevice(scene: Scene): Person {
  const [asker] = scene.people;
  return connect(world.apis[1]!.url, {
    id: asker!.id,
    username: asker!.name,
    accessToken: asker!.client.auth.accessToken()!,
    refreshToken: '',
  });
}
