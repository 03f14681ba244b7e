import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { anonymous, register } from '../harness/person.js';
import { readHealth } from './harness/health.js';
import { startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { repliesOf } from './harness/truth.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '06 parts are away', apis: 2, workers: 1 });
});
afterEach(() => world?.restore());
afterAll(() => world?.[Symbol.asyncDispose]());

/** Sends one after another for a while. @returns how long each send took, in milliseconds, sorted */
async function sendFor(ms: number, send: (i: number) => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  const until = performance.now() + ms;
  for (let i = 0; performance.now() < until; i++) {
    const startedAt = performance.now();
    await send(i);
    took.push(performance.now() - startedAt);
  }
  return took.sort((a, b) => a - b);
}

test('with NATS away messages are accepted and stored, sends do not wait for it, readers see everything late and not never', async () => {
  await using scene = await startScene(world, { name: 'nats-away', urls: world.apis.map(({ url }) => url) });
  const [sender] = scene.people;
  const { roomId } = scene;
  const before = await sendFor(1_500, (i) => sender!.say(roomId, `before ${i}`));

  // The broker is by turns gone and silent: a silent broker takes what is written to it, and answers nothing.
  for (const [kind, fail, mend] of [
    ['gone', () => world.nats.kill(), () => world.nats.start()],
    ['silent', async () => world.nats.freeze(), async () => world.nats.thaw()],
  ] as const) {
    await fail();
    const during = await sendFor(1_500, (i) => sender!.say(roomId, `${kind} ${i}`));
    // The answer depends on the commit alone. If `publish` were awaited, each answer would wait for the broker, or for the publish's own
    // time limit of two seconds.
    expect(during[during.length >> 1]).toBeLessThan(Math.max(5 * before[before.length >> 1]!, 1_500));
    const asked = await sender!.say(roomId, `/ask while it is ${kind}`);
    expect(asked.acknowledged).not.toBeNull();
    const last = asked.acknowledged!.seq;
    await until('readers see it while NATS is away', () =>
      scene.readers.every((reader) => [...reader.messages()].some(({ seq }) => seq >= last)),
    );
    if (kind === 'gone')
      for (const { url } of world.apis)
        expect(await readHealth(url)).toMatchObject({ status: 'degraded', parts: { bus: 'away', database: 'ok' } });
    await mend();
    await until('all parts are back', async () =>
      (await Promise.all(world.apis.map(({ url }) => readHealth(url)))).every(({ status }) => status === 'ok'),
    );
  }
  const truth = await scene.settle();
  const unacknowledged = scene.history.sends.filter(({ acknowledged }) => acknowledged === null);
  expect(unacknowledged).toEqual([]);
  expect(truth.messages.filter(({ kind }) => kind === 'reply')).toMatchObject([{ status: 'complete' }, { status: 'complete' }]);
  // A healthy process logs that a part is away, but not for every message.
  for (const { running } of world.apis) expect(running.output().split('\n').length).toBeLessThan(200);
});

const appCode = (error: unknown) => (error as { data?: { appCode?: string } }).data?.appCode ?? String(error);

test('Redis is flushed, then away: chat works, presence heals, login and AI limits fail closed, sessions go on', async () => {
  await using scene = await startScene(world, { name: 'no-redis', urls: world.apis.map(({ url }) => url) });
  const { people, roomId, readers } = scene;
  await using guest = await register(world.apis[1]!.url, 'guest');
  await guest.http.rooms.join.mutate({ roomId });
  const all = people.map(({ id }) => id);
  const everyoneSees = (ids: string[]) => () => readers.every((reader) => reader.online().toSorted().join() === [...ids].sort().join());
  await until('everyone is seen online', everyoneSees(all));

  await world.redis.flush();
  // A guest who comes now is seen beside the people whom the store forgot: the APIs have put their entries back.
  const guestReading = guest.read(roomId);
  await until('presence heals after a flush', everyoneSees([...all, guest.id]));
  guestReading.stop();
  await until('and follows who goes', everyoneSees(all));

  await world.redis.kill();
  await until('health says so', async () => (await readHealth(world.apis[0]!.url)).parts['presence'] === 'away');
  for (const person of people)
    expect(await person.say(roomId, `${person.name} without Redis`)).toMatchObject({
      refused: null,
      acknowledged: { seq: expect.any(Number) },
    });
  const { url } = world.apis[0]!;
  const refusals = await Promise.all([
    anonymous(url)
      .auth.login.mutate({ username: 'guest', password: 'password of guest' })
      .then(() => 'let in', appCode),
    anonymous(url)
      .auth.register.mutate({ username: 'nobody', password: 'password of nobody' })
      .then(() => 'let in', appCode),
    guest.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '/ask something that costs' }).then(() => 'let in', appCode),
  ]);
  expect(refusals).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE']);
  // People go on talking to each other. A message may name a character too: she asks no model, and says why.
  const asked = world.model.requests.length;
  const [, asker] = people;
  expect(await asker!.say(roomId, 'and you, @ada?')).toMatchObject({ refused: null, acknowledged: { seq: expect.any(Number) } });
  const [paused] = await repliesOf(world.database, roomId);
  await until('everyone is told that she is paused', () =>
    readers.every((reader) => [...reader.messages()].some(({ id, errorCode }) => id === paused!.id && errorCode === 'AI_PAUSED')),
  );
  const again = () => asker!.client.trpc.replies.regenerate.mutate({ messageId: paused!.id });
  expect(await again().then(() => 'let in', appCode)).toBe('UNAVAILABLE');
  // Sessions go on: who is signed in stays so.
  const renewed = await anonymous(url).auth.refresh.mutate({ refreshToken: guest.refreshToken });
  expect(renewed.user.id).toBe(guest.id);

  await world.redis.start();
  await until('health says so', async () => (await readHealth(url)).status === 'ok');
  await until('login works again', () =>
    anonymous(url)
      .auth.login.mutate({ username: 'guest', password: 'password of guest' })
      .then(
        () => true,
        () => false,
      ),
  );
  const guestAgain = guest.read(roomId);
  await until('presence heals after an absence', everyoneSees([...all, guest.id]));
  guestAgain.stop();
  expect((await people[0]!.say(roomId, '/ask now')).acknowledged).not.toBeNull();
  await scene.settle();
  expect(world.model.requests).toHaveLength(asked + 1);
  await again();
  const { messages } = await scene.settle();
  expect(messages.find(({ id }) => id === paused!.id)).toMatchObject({ status: 'complete', attempt: 1 });
});
