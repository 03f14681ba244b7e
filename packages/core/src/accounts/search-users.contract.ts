import { describe, expect, it } from 'vitest';
import { registerUser } from './register-user.js';
import { sharedWorld } from '../testing/shared-world.js';
import { disableAccount } from './disable-account.js';
import { searchUsers } from './search-users.js';

export function searchUsersSuite(kind: 'pglite' | 'postgres'): void {
  describe(`searchUsers (${kind})`, () => {
    const world = sharedWorld(kind);
    const register = (username: string, displayName: string) =>
      registerUser(world().deps, { username, displayName, password: 'long enough' }, { registration: 'open' });
    const found = async (query: string, limit = 20) => (await searchUsers(world().deps, { query, limit })).map(({ username }) => username);

    it('finds people by the beginning of either name, whatever the case; their own name first', async () => {
      await register('anna', 'Åsa Lindqvist');
      await register('ann', 'Zed');
      await register('lind', 'Someone Else');
      await register('other', 'LINDA');
      expect(await found('Ann')).toEqual(['ann', 'anna']);
      expect(await found('@anna')).toEqual(['anna']);
      expect(await found('lind')).toEqual(['lind', 'other']);
      expect(await found('åsa l')).toEqual(['anna']);
      expect(await found('nna')).toEqual([]);
      expect(await found('ann', 1)).toEqual(['ann']);
    });

    it('takes the signs of patterns for what they are', async () => {
      await register('under_score', '100% sure');
      await register('underXscore', String.raw`back\slash`);
      expect(await found('under_')).toEqual(['under_score']);
      expect(await found('100%')).toEqual(['under_score']);
      expect(await found('%')).toEqual([]);
      expect(await found(String.raw`back\s`)).toEqual(['underXscore']);
    });

    it('shows what everyone may see of them, and nobody who is disabled', async () => {
      const { user } = await register('shown', 'Shown');
      const [view] = await searchUsers(world().deps, { query: 'shown', limit: 5 });
      expect(view).toEqual({ id: user.id, username: 'shown', displayName: 'Shown', avatar: user.avatar });
      await disableAccount(world().deps, null, { username: 'shown' });
      expect(await found('shown')).toEqual([]);
    });
  });
}
