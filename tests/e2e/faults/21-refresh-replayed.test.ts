import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { anonymous, register } from '../harness/person.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  // Sweep so rarely that only the bus can bring the news.
  world = await startWorld({ name: '21 refresh tokens', apis: 2, workers: 0, variables: { SESSION_SWEEP_MS: '60000' } });
});
afterEach(() => world?.restore());
afterAll(() => world?.[Symbol.asyncDispose]());

const appCode = (error: unknown) => (error as { data?: { appCode?: string } }).data?.appCode ?? String(error);
const refresh = (index: number, refreshToken: string) => anonymous(world.apis[index]!.url).auth.refresh.mutate({ refreshToken });

test('an old refresh token that is used again ends the session, on every instance, and so for the thief', async () => {
  await using owner = await register(world.apis[0]!.url, 'robbed');
  const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Robbed' });
  const { events } = owner.read(roomId);
  await events.until((items) => items.length > 0);
  const stolen = owner.refreshToken;
  const second = await refresh(0, stolen);
  const third = await refresh(1, second.refreshToken!);
  // Two exchanges later, a lost answer no longer explains the use of the first token.
  expect(await refresh(1, stolen).then(() => 'let in', appCode)).toBe('SESSION_REVOKED');
  for (const token of [stolen, second.refreshToken!, third.refreshToken!]) {
    for (const index of [0, 1])
      expect(await refresh(index, token).then(() => 'let in', appCode)).toMatch(/^(SESSION_REVOKED|UNAUTHENTICATED)$/);
  }
  await owner.closes.until((codes) => codes.includes(4500));
  expect(await owner.http.auth.me.query().then(() => 'let in', appCode)).toBe('SESSION_REVOKED');
});

test('two tabs that refresh at once, on two instances, both stay signed in', async () => {
  await using person = await register(world.apis[0]!.url, 'two-tabs');
  let token = person.refreshToken;
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all([refresh(0, token), refresh(1, token), refresh(round % 2, token)]);
    for (const { user, accessToken } of answers) {
      expect(user.id).toBe(person.id);
      expect(accessToken).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    }
    // The cookie jar keeps whichever came last.
    token = world.chance.pick(answers).refreshToken!;
  }
  expect((await refresh(1, token)).user.id).toBe(person.id);
});
