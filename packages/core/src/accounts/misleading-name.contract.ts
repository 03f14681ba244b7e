import { Prisma } from '@parley/db';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { createCharacter } from '../characters/create-character.js';
import { updateCharacter } from '../characters/update-character.js';
import { addCharacter } from '../characters/add-character.js';
import { deleteCharacter } from '../characters/delete-character.js';
import { joinRoom } from '../members/join-room.js';
import { createRoom } from '../rooms/create-room.js';
import { createTestWorld } from '../testing/index.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';
import { createInvite } from './create-invite.js';
import { registerUser } from './register-user.js';
import { comparedWords, lookOfWord } from './reserved-words.js';
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
      ['Cyrillic and Greek letters that a Latin word is read with', 'Adminaw', 'ΔdмiпΛш'],
      ['Coptic in both cases', 'Matea', 'ⲘⲁⲦⲉⲀ'],
      ['Cherokee', 'da', '\u13a0\u13aa'],
      ['Lisu', 'admin', 'ꓮꓓꓟꓲꓠ'],
      ['Armenian', 'uno', 'Սոօ'],
      ['mathematics', 'admin', '𝖆𝓭𝐦𝒊𝗻'],
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

    it('are compared with words whose look is the one that the database makes', async () => {
      const looks = await Promise.all(comparedWords.map(look));
      expect(looks.map((one) => one.replaceAll('-', ''))).toEqual(comparedWords.map(lookOfWord));
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

    it.each([
      ...['Admin!', '★ Admin ★', 'Parley Support', 'System Administrator', 'The Parley Team', 'Support 24', 'admin™', 'I am the Admin'],
      ...[
        'Adm1n-2',
        'S.u.p.p.o.r.t',
        'Ｓｕｐｐоｒｔ✅',
        'Official Staff Bot',
        'ᴀᴅᴍɪɴ',
        'Admin\u01c3',
        '@everyone',
        'Everyone!',
        'All',
        '@all',
        'Help Desk',
      ],
    ])('made of words of the server, of signs and of fillers are refused: %s', async (name) => {
      await expect(updateProfile(world().deps, mia.actor, { displayName: name })).rejects.toMatchObject(reserved('displayName'));
      await expect(make(mia, `sage-${n}`, name)).rejects.toMatchObject(reserved('name'));
    });

    it.each([
      ...['norman7 · admin', 'Admiп', 'ⲁdmin', 'аdmin', 'adrnin', 'Administrator', 'Norman (admin)', 'Norman | Support', 'Norman – Staff'],
      ...['norman7 admin', 'Admin Norman', '[Official] Norman', 'Support / Norman', 'Norman 🛡 Security', 'ΛDMIN', 'Аdмiп', 'ꓮꓓꓟꓲꓠ'],
      ...['Norman - Parley Support', 'Bo: System', 'Bo • Sys-Admin', '𝓐𝓭𝓶𝓲𝓷 Bo', 'Norman（ＡＤＭＩＮ）', 'Bo @ Support', 'Superuser Bo'],
    ])('that have such a word as a part beside others are refused: %s', async (name) => {
      await expect(updateProfile(world().deps, mia.actor, { displayName: name })).rejects.toMatchObject(reserved('displayName'));
    });

    it.each(['admin-2', 'norman-admin', 'parley.support', 'the_admin', 'support-bot'])(
      'made of such words are refused as handles: %s',
      async (handle) => {
        await expect(register({ username: handle })).rejects.toMatchObject(reserved('username'));
      },
    );

    it.each([
      ...[
        'Sysadmina',
        'Supporter',
        'Ali',
        'Ali Ali',
        'Staffan',
        'Stafford',
        'Joe Root',
        'Rootham',
        'Roots',
        'Here for you',
        'Theresa',
        'Allan',
      ],
      ...[
        'Norman Admiral',
        'Adminić',
        'Anna-Maria Root',
        'Root, Joe',
        'Ana (Boston)',
        'Jo | Berlin',
        'Support-Lee',
        'Иван Админов',
        'Ադամ Սարոյան',
      ],
      ...[
        'Μαρία Ωνάση',
        'Дарья Шишкина',
        'Here · there',
        'Mr. Staffer',
        'Jean-Luc Rootsaert',
        'Bo (she/her)',
        'A. D. Minton',
        'Team · Rocket',
      ],
      ...['Channelle', 'Anna Parley', 'Adminson', '上海Admin', 'Жанна', '7', '★', 'Team', 'The Host', 'Securitas', 'Systema'],
    ])('that only hold such a word as a part, or none, are not: %s', async (name) => {
      expect(await updateProfile(world().deps, mia.actor, { displayName: name })).toMatchObject({ displayName: name });
      await updateProfile(world().deps, mia.actor, { displayName: `Else ${n}` });
    });

    it.each(['@', '＠', '﹫ '])('that begin like a mention are refused: %s', async (sign) => {
      const refused = {
        code: 'USERNAME_TAKEN',
        message: expect.stringContaining('begin with @') as string,
        details: { field: 'displayName' },
      };
      const displayName = `${sign}${mia.user.username}`;
      await expect(register({ username: `like-${n}`, displayName })).rejects.toMatchObject(refused);
      await expect(updateProfile(world().deps, mia.actor, { displayName })).rejects.toMatchObject(refused);
      // Elsewhere it is a sign like any.
      expect(await updateProfile(world().deps, mia.actor, { displayName: `Mia @ home ${n}` })).toMatchObject({
        displayName: `Mia @ home ${n}`,
      });
    });

    it('of a character are refused to a person who meets it, and to nobody else', async () => {
      const { deps } = world();
      const [maker, eve] = [await world().register(`maker-${n}`), await world().register(`eve-${n}`)];
      // Everybody meets those that nobody owns.
      for (const displayName of ['Ada', 'S0crates', 'ᴀda']) {
        await expect(updateProfile(deps, mia.actor, { displayName })).rejects.toMatchObject(alike('displayName'));
        await expect(register({ username: `plain-${n}`, displayName })).rejects.toMatchObject(alike('displayName'));
      }
      const name = `Anna ${n}`;
      const { character } = await make(maker, `anna.of-${n}`, name);
      // A character of somebody else, in rooms of their own, holds no name of the whole instance.
      expect(await updateProfile(deps, eve.actor, { displayName: name })).toMatchObject({ displayName: name });
      await updateProfile(deps, eve.actor, { displayName: `Else ${n}` });
      const room = await createRoom(deps, maker.actor, { name: 'Theirs', topic: '', visibility: 'public' });
      await world().access.run(maker.actor, room.id, 'rooms.addCharacter', (target) =>
        addCharacter(deps, target, { characterId: character.id, autoReply: 'mention' }),
      );
      await world().access.run(eve.actor, room.id, 'rooms.join', (target) => joinRoom(deps, target));
      for (const displayName of [name, `anna.of-${n}`]) {
        await expect(updateProfile(deps, eve.actor, { displayName })).rejects.toMatchObject(alike('displayName'));
      }
      expect(await updateProfile(deps, mia.actor, { displayName: name })).toMatchObject({ displayName: name });
      await updateProfile(deps, mia.actor, { displayName: `Other ${n}` });
      // Whoever made it may be called like it, and it like them.
      expect(await updateProfile(deps, maker.actor, { displayName: name })).toMatchObject({ displayName: name });
      await deleteCharacter(deps, maker.actor, character.id);
      await updateProfile(deps, maker.actor, { displayName: `Else ${n} too` });
      expect(await updateProfile(deps, eve.actor, { displayName: name })).toMatchObject({ displayName: name });
    });

    it('are taken by one alone of those who ask at the same moment', async () => {
      const { deps } = world();
      const people = await Promise.all(Array.from({ length: 6 }, (_, i) => world().register(`at-once-${n}-${'abcdef'[i]!}`)));
      const looks = ['Paolo', 'PAOLO', 'Paо1o', 'Pa0lo', 'Paol0', 'paoio'].map((name) => `${name} ${n}`);
      const outcomes = (calls: Promise<unknown>[]) =>
        Promise.all(
          calls.map((call) =>
            call.then(
              () => 'taken',
              (error: unknown) => (error as { code?: string }).code ?? String(error),
            ),
          ),
        );
      const named = await outcomes(people.map(({ actor }, i) => updateProfile(deps, actor, { displayName: looks[i]! })));
      expect(named.toSorted()).toEqual([...Array<string>(5).fill('USERNAME_TAKEN'), 'taken']);

      const handles = ['vio1a', 'vlola', 'viola', 'v1ola', 'vi0la', 'viol4'].slice(0, 5).map((handle) => `${handle}-${n}x`);
      const made = await outcomes(handles.map((handle, i) => make(people[i]!, handle, `Sage ${n} ${'abcdef'[i]!}`)));
      expect(made.toSorted()).toEqual([...Array<string>(4).fill('USERNAME_TAKEN'), 'taken']);

      const registered = await outcomes(['zo1a', 'zola', 'zoia'].map((name) => register({ username: `${name}-${n}x` })));
      expect(registered.toSorted()).toEqual(['USERNAME_TAKEN', 'USERNAME_TAKEN', 'taken']);
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
