import { AccessTokens } from '@parley/core/sessions/access-tokens';
import { registerUser } from '@parley/core/accounts/register-user';
import { PasswordHasher } from '@parley/core/sessions/password-hasher';
import { expect, test } from 'vitest';
import { createTestApi } from '../testing/test-api.js';
import { SessionGuard } from './session-guard.js';

test('answers are remembered for a while, and so many and no more', async () => {
  await using world = await createTestApi();
  const tokens = new AccessTokens({ secret: 'a secret for tests, of at least 32 bytes', ttlMs: 60_000 });
  const hasher = new PasswordHasher({ memoryKib: 8, passes: 1 });
  let queries = 0;
  const db = new Proxy(world.core.db, {
    get(target, name) {
      if (name === '$queryRaw') queries++;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const guard = new SessionGuard({ ...world.core, db }, tokens, 60_000, 2);
  const people: string[] = [];
  for (const username of ['ann', 'ben', 'cy']) {
    const { accessToken } = await registerUser(
      { ...world.core, hasher, tokens },
      { username, password: 'a good password' },
      { registration: 'open' },
    );
    people.push(accessToken);
  }
  const asked = async (who: number) => {
    const before = queries;
    await guard.authenticate(people[who]!);
    return queries - before;
  };
  expect([await asked(0), await asked(0), await asked(1), await asked(0)]).toEqual([1, 0, 1, 0]);
  // A third session pushes out the one that was asked for first.
  expect([await asked(2), await asked(1), await asked(0)]).toEqual([1, 0, 1]);
});
