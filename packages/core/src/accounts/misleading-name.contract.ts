import { Prisma } from '@parley/db';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { createCharacter } from '../characters/create-character.js';
import { updateCharacter } from '../characters/update-character.js';
import { createTestWorld } from '../testing/index.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';
import { createInvite } from './create-invite.js';
import { registerUser } from './register-user.js';
import { createSetUpCode } from './set-up-code.js';
import { updateProfile } from './update-profile.js';

const reserved = (field: string) => ({
  code: 'USERNAME_TAKEN',
  message: expect.stringContaining('server itself') as string,
  details: { field },
});
const alike = (field: string) => ({ code: 'USERNAME_TAKEN', message: expect.stringContaining('looks like') as string, details: { field } });

export function misleadingNameSuite(kind: 'pglite' | 'postgres'): void {
  describe(`names that mislead (${kind})`, () => {
    const world = sharedWorld(kind);
    const register = (input: { username: string; displayName?: string }) =>
      registerUser(world().deps, { password: 'long enough', ...input }, { registration: 'open' });
    const make = (user: TestUser, handle: string, name: string) =>
      createCharacter(world().deps, user.actor, {
        handle,
        name,
        tagline: '',
        systemPrompt: '',
        model: null,
        temperature: null,
        greeting: '',
      });
    let n = 0;
    let mia: TestUser;
    beforeEach(async () => {
      mia = await world().register(`mia.koval-${n++}`);
    });

    const look = async (text: string) => {
      const [row] = await world().deps.db.$queryRaw<{ look: string }[]>(Prisma.sql`select name_look(${text}::text) as look`);
      return row!.look;
    };

    test.each([
      ['case and width', 'Ada', 'ＡＤＡ'],
      ['Cyrillic and Greek', 'Paco Sexy', 'Расо Ѕехγ'],
      ['accents and small capitals', 'Lea', 'ʟéᴀ'],
      ['digits and bars', 'Oliver', '0|1ver'],
      ['two letters as one', 'Mark Warner', 'rnark vvamer'],
      ['spaces and what is not seen', 'Ada Lovelace', 'Ada\u00a0\u200bLove\u00adlace\u2060'],
      ['signs for signs', "O'Neil-Bo", 'O’Neil‐Bo'],
      ['case beyond Latin', 'Жанна Σοφία', 'жанна σοφια'],
    ])('look alike by %s', async (_by, one, other) => {
      expect(await look(other)).toBe(await look(one));
    });

    test.each([
      ['ada', 'adam'],
      ['bob-1', 'bob-2'],
      ['ann_b', 'annb'],
      ['Жанна', 'Ханна'],
      ['上海', '上河'],
      ['がく', 'きく'],
    ])('%s and %s do not look alike', async (one, other) => {
      expect(await look(other)).not.toBe(await look(one));
    });

    it.each(['admin', 'adm1n', 'sys-tem', 'everyone', 'support', 'root'])('are refused as handles: %s', async (word) => {
      await expect(register({ username: word })).rejects.toMatchObject(reserved('username'));
      await expect(make(mia, word, 'Sage')).rejects.toMatchObject(reserved('handle'));
    });

    it('are refused as what a person or a character is called, from the start and later', async () => {
      await expect(register({ username: `plain-${n}`, displayName: 'Ｓｕｐｐоｒｔ' })).rejects.toMatchObject(reserved('displayName'));
      await expect(updateProfile(world().deps, mia.actor, { displayName: 'SYSTEM' })).rejects.toMatchObject(reserved('displayName'));
      await expect(make(mia, `sage-${n}`, 'Everyone')).rejects.toMatchObject(reserved('name'));
      const { character } = await make(mia, `sage-${n}`, 'Sage');
      await expect(updateCharacter(world().deps, mia.actor, { characterId: character.id, name: 'Admin' })).rejects.toMatchObject(
        reserved('name'),
      );
    });

    it('of another are refused, and nothing is written', async () => {
      const other = mia.user.username.replace('l', '1');
      await expect(register({ username: other })).rejects.toMatchObject(alike('username'));
      await expect(make(mia, other, 'Sage')).rejects.toMatchObject(alike('handle'));
      await expect(register({ username: `plain-${n}`, displayName: mia.user.username.replace('a', 'а') })).rejects.toMatchObject(
        alike('displayName'),
      );
      const eve = await world().register(`eve-${n}`);
      await expect(updateProfile(world().deps, eve.actor, { displayName: other })).rejects.toMatchObject(alike('displayName'));
      await expect(make(eve, `like-${n}`, other)).rejects.toMatchObject(alike('name'));
      expect(await world().deps.db.$queryRaw`select 1 from handles where handle in (${other}, ${`plain-${n}`}, ${`like-${n}`})`).toEqual(
        [],
      );
    });

    it('may be one’s own, in another form, and may stay as they were before there was this rule', async () => {
      const { deps } = world();
      const own = mia.user.username.toUpperCase();
      expect(await updateProfile(deps, mia.actor, { displayName: own })).toMatchObject({ displayName: own });
      await deps.db.$executeRaw`update users set display_name = 'Support' where id = ${mia.user.id}::uuid`;
      expect(await updateProfile(deps, mia.actor, { displayName: 'Support', hue: 7 })).toMatchObject({ displayName: 'Support' });
      expect(await updateProfile(deps, mia.actor, { displayName: `Else ${n}` })).toMatchObject({ displayName: `Else ${n}` });
    });

    it('are free to an admin where they are reserved, and to the first account', async () => {
      await using own = await createTestWorld(kind);
      const { deps, owner } = own;
      expect(await updateProfile(deps, owner.actor, { displayName: 'Admin' })).toMatchObject({ displayName: 'Admin' });
      await deps.db.$executeRaw`update users set is_admin = false`;
      await deps.db.$executeRaw`delete from handles h where not exists (select 1 from users u where u.username = h.handle)
        and not exists (select 1 from characters c where c.handle = h.handle)`;
      const invite = (await createSetUpCode(deps))!;
      const account = await registerUser(deps, { username: 'root', password: 'long enough', invite }, { registration: 'closed' });
      expect(account.user).toMatchObject({ username: 'root', role: 'admin' });
    });

    it('say nothing of who is here to whom may not register', async () => {
      const { deps } = world();
      const from = (username: string, invite?: string) =>
        registerUser(deps, { username, password: 'long enough', invite }, { registration: 'invite' });
      const other = mia.user.username.replace('l', '1');
      await expect(from(other, 'made-up')).rejects.toMatchObject({ code: 'INVITE_REQUIRED' });
      const invite = await createInvite(deps);
      await expect(from(other, invite)).rejects.toMatchObject(alike('username'));
      // The invitation is not used up by that.
      expect(await from(`mine-${n}`, invite)).toMatchObject({ user: { username: `mine-${n}` } });
    });
  });
}
