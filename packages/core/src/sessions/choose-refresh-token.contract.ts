import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { chooseRefreshToken } from './choose-refresh-token.js';
import { logout } from './logout.js';
import { refreshSession } from './refresh-session.js';
import { hashSecretToken } from './secret-token.js';

export function chooseRefreshTokenSuite(kind: 'pglite' | 'postgres'): void {
  describe(`chooseRefreshToken (${kind})`, () => {
    const world = sharedWorld(kind);
    let n = 0;
    const person = () => world().register(`chosen-${n++}`);
    const exchange = async (token: string) => (await refreshSession(world().deps, token)).refreshToken;
    const choose = (...tokens: string[]) => chooseRefreshToken(world().deps, tokens);
    /** Either order, as it is said. */
    const both = async (one: string, other: string) => [await choose(one, other), await choose(other, one)].map((chosen) => chosen?.token);
    const age = (token: string) =>
      world().deps.db.$executeRaw`
        update refresh_tokens set created_at = created_at - interval '1 hour', used_at = used_at - interval '1 hour'
        where hash = decode(${hashSecretToken(token)}, 'hex')`;

    it('knows none that it has not issued', async () => {
      const { refreshToken } = await person();
      expect(await choose('made-up', 'another')).toBeNull();
      expect(await choose('made-up', refreshToken)).toEqual({ token: refreshToken, known: [refreshToken] });
      expect(await choose(refreshToken, 'made-up')).toEqual({ token: refreshToken, known: [refreshToken] });
    });

    it('chooses the successor and not the spent one, whichever comes first, and ends nothing by asking', async () => {
      const { refreshToken: spent } = await person();
      const next = await exchange(spent);
      expect(await both(spent, next)).toEqual([next, next]);
      await age(spent);
      expect(await both(spent, next)).toEqual([next, next]);
      await expect(exchange(next)).resolves.toBeDefined();
    });

    it('chooses the branch that somebody went on with, which the exchange of the other would end', async () => {
      const { refreshToken: first } = await person();
      const [left, taken] = [await exchange(first), await exchange(first)];
      for (const token of [first, left, taken]) await age(token);
      const gone = await exchange(taken);
      expect(await both(left, gone)).toEqual([gone, gone]);
      await expect(exchange(gone)).resolves.toBeDefined();
    });

    it('of two good ones of one session chooses the younger, of two sessions the first', async () => {
      const { refreshToken: first } = await person();
      const [older, younger] = [await exchange(first), await exchange(first)];
      expect(await both(older, younger)).toEqual([younger, younger]);
      const { refreshToken: other } = await person();
      expect(await both(older, other)).toEqual([older, other]);
      // Also while the answer to its exchange may be on the way.
      await exchange(other);
      expect(await both(older, other)).toEqual([older, other]);
    });

    it('chooses a good one before one whose session is over, and names both', async () => {
      const [gone, here] = [await person(), await person()];
      await logout(world().deps, gone.actor, { everywhere: false });
      expect(await both(gone.refreshToken, here.refreshToken)).toEqual([here.refreshToken, here.refreshToken]);
      expect((await choose(gone.refreshToken, here.refreshToken))?.known).toEqual([gone.refreshToken, here.refreshToken]);
    });

    it('where none is good, chooses the one whose exchange finds the copy', async () => {
      const [gone, robbed] = [await person(), await person()];
      await logout(world().deps, gone.actor, { everywhere: false });
      const next = await exchange(robbed.refreshToken);
      await exchange(next);
      expect(await both(gone.refreshToken, robbed.refreshToken)).toEqual([robbed.refreshToken, robbed.refreshToken]);
    });
  });
}
