import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { anonymous, register } from '../harness/person.js';
import { readHealth } from './harness/health.js';
import { startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { repliesOf } from './harness/truth.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '07 Redis flushed and away', apis: 2, workers: 1 });
});
afterAll(() => world?.[Symbol.asyncDispose]());

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
