import { describe, expect, it } from 'vitest';
import { indexPeople } from './index-people.js';
import { registerUser } from './register-user.js';
import { sharedWorld } from '../testing/shared-world.js';
import { disableAccount } from './disable-account.js';
import { searchUsers } from './search-users.js';
import { updateProfile } from './update-profile.js';

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
      expect(await found('lind')).toEqual(['lind', 'anna', 'other']);
      expect(await found('åsa l')).toEqual(['anna']);
      expect(await found('nna')).toEqual([]);
      expect(await found('ann', 1)).toEqual(['ann']);
      expect(await found('')).toEqual(expect.arrayContaining(['ann', 'anna', 'lind', 'other']));
      expect(await found('', 2)).toHaveLength(2);
    });

    it('finds people by any of their words, without regard to case, accents, width and form', async () => {
      await register('ilker', 'İlker Işık');
      await register('sis', 'ΣΊΣΥΦΟΣ');
      await register('zoe', 'Zoe\u0308 Ångström-Łukasz');
      await register('tanaka', '田中 太郎');
      const cases: [query: string, username: string][] = [
        ['ilker ışık', 'ilker'],
        ['ISIK', 'ilker'],
        ['σίσυφος', 'sis'],
        ['Σισυφ', 'sis'],
        ['Zoë', 'zoe'],
        ['zoe', 'zoe'],
        ['ångstr', 'zoe'],
        ['ＺＯＥ  angstrom', 'zoe'],
        ['lukasz zo', 'zoe'],
        ['太郎', 'tanaka'],
        ['田中太', 'none'],
        ['中', 'tanaka'],
      ];
      for (const [query, username] of cases) {
        expect({ query, found: (await found(query)).includes(username) }).toEqual({ query, found: username !== 'none' });
      }
      expect(await found(' ')).toEqual([]);
      expect(await found('@')).toEqual(await found(''));
    });

    it('finds whom a process of an earlier version wrote, and by their new name who changed it', async () => {
      const { user, actor } = await world().register('early');
      await updateProfile(world().deps, actor, { displayName: 'Zoë Early' });
      const { db } = world().deps;
      await db.$executeRaw`update users set display_name = 'Noémie Late' where id = ${user.id}::uuid`;
      expect(await found('early')).toEqual(['early']);
      expect(await found('noémie')).toEqual(['early']);
      expect(await found('late')).toEqual([]);
      expect((await indexPeople(world().deps, null)).indexed).toBeGreaterThan(0);
      expect(await found('noemie')).toEqual(['early']);
      expect(await found('late')).toEqual(['early']);
      await updateProfile(world().deps, actor, { displayName: 'Änne Now' });
      expect(await found('now')).toEqual(['early']);
      expect(await found('late')).toEqual([]);
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
