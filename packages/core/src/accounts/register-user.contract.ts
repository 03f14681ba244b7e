import { beforeEach, describe, expect, it } from 'vitest';
import { createInvite } from './create-invite.js';
import { getAccount } from './get-account.js';
import { loadActor } from '../sessions/load-actor.js';
import { setAdmin } from './set-admin.js';
import { createSetUpCode } from './set-up-code.js';
import { createTestWorld } from '../testing/index.js';
import { sharedWorld } from '../testing/shared-world.js';
import { listJoinedRooms } from '../rooms/list-joined-rooms.js';
import { lobbyId } from '../rooms/lobby.js';
import { registerUser } from './register-user.js';

export function registerUserSuite(kind: 'pglite' | 'postgres'): void {
  describe(`registerUser (${kind})`, () => {
    const world = sharedWorld(kind);
    const register = (
      input: { username: string; displayName?: string; invite?: string },
      registration: 'open' | 'invite' | 'closed' = 'open',
    ) => registerUser(world().deps, { password: 'long enough', ...input }, { registration });
    let n = 0;
    let name = '';
    beforeEach(() => {
      name = `person-${n++}`;
    });

    it('signs the new account in and puts it in the Lobby', async () => {
      const account = await register({ username: name, displayName: 'Person Öne' });
      expect(account.user).toMatchObject({ username: name, displayName: 'Person Öne', role: 'user', avatar: { glyph: null } });
      const actor = await world().deps.tokens.verify(account.accessToken);
      expect(await loadActor(world().deps, actor.userId, actor.sessionId)).toMatchObject({ username: name, role: 'user' });
      expect(await getAccount(world().deps, actor)).toEqual(account.user);
      const rooms = await listJoinedRooms(world().deps, actor);
      expect(rooms.map(({ room, mine }) => [room.id, room.name, mine.role])).toEqual([[lobbyId, 'Lobby', 'member']]);
    });

    it('makes a later account admin only when the operator says so', async () => {
      const account = await register({ username: name });
      await setAdmin(world().deps, null, { username: name.toUpperCase(), admin: true });
      expect((await getAccount(world().deps, { userId: account.user.id })).role).toBe('admin');
      await expect(setAdmin(world().deps, null, { username: 'nobody-here', admin: true })).rejects.toMatchObject({
        code: 'USER_NOT_FOUND',
      });
    });

    it('gives one name to one of many who ask for it at once', async () => {
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => register({ username: name })));
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'USERNAME_TAKEN', details: { field: 'username' } });
      }
    });

    it('gives no one a character’s name', async () => {
      await expect(register({ username: 'ada' })).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
    });

    it.each([
      ['12345678', /easy to guess/],
      ['Pa55word!', /easy to guess/],
      ['weak.person', /easy to guess/],
      ['ЖЮльвернович', /easy to guess/],
      ['lobbylobby', /easy to guess/],
      ['        ', /only spaces/],
    ])('refuses the password %j, and takes no name', async (password, message) => {
      const weak = { username: 'weak.person', displayName: 'Жюль Вернович', password };
      const refused = registerUser(world().deps, weak, { registration: 'open' });
      await expect(refused).rejects.toMatchObject({ code: 'VALIDATION', message, details: { field: 'password' } });
      const taken = await world().deps.db.$queryRaw<unknown[]>`select from handles where handle = 'weak.person'`;
      expect(taken).toEqual([]);
    });

    it('asks for an invitation, which serves one of many who use it at once', async () => {
      await expect(register({ username: name }, 'invite')).rejects.toMatchObject({ code: 'INVITE_REQUIRED' });
      await expect(register({ username: name, invite: 'guessed' }, 'invite')).rejects.toMatchObject({ code: 'INVITE_REQUIRED' });
      const invite = await createInvite(world().deps);
      const results = await Promise.allSettled(
        Array.from({ length: 6 }, (_, i) => register({ username: `${name}-${i}`, invite }, 'invite')),
      );
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
      for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'INVITE_REQUIRED' });
    });

    it('leaves an invitation unused when the name is taken, and takes none that has run out', async () => {
      const invite = await createInvite(world().deps);
      await expect(register({ username: 'ada', invite }, 'invite')).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
      await expect(register({ username: name, invite }, 'invite')).resolves.toBeDefined();
      const old = await createInvite(world().deps, { days: -1 });
      await expect(register({ username: `${name}-late`, invite: old }, 'invite')).rejects.toMatchObject({ code: 'INVITE_REQUIRED' });
    });

    it('refuses when registration is closed', async () => {
      await expect(register({ username: name }, 'closed')).rejects.toMatchObject({ code: 'REGISTRATION_CLOSED' });
    });

    it('registers the person all the same when the Lobby cannot be entered', async () => {
      const { deps } = world();
      await deps.db.$executeRaw`update rooms set visibility = 'private' where id = ${lobbyId}::uuid`;
      try {
        await expect(register({ username: name })).resolves.toMatchObject({ user: { username: name } });
        expect(world().logged.at(-1)).toMatchObject({ level: 'warn', message: 'a new account could not enter the Lobby' });
      } finally {
        await deps.db.$executeRaw`update rooms set visibility = 'public' where id = ${lobbyId}::uuid`;
      }
    });
  });

  describe(`the first account (${kind})`, () => {
    it('is admin, exactly one of many who come first at once; a refused one before it changes nothing', async () => {
      await using world = await createTestWorld(kind);
      const { deps } = world;
      const local = { registration: 'open', firstIsAdmin: true } as const;
      // Remove the world's own accounts and their mark, so that another account can be the first.
      await deps.db.$executeRaw`truncate users cascade`;
      await deps.db.$executeRaw`delete from handles where handle = '#first-account'`;
      await expect(registerUser(deps, { username: 'ada', password: 'long enough' }, local)).rejects.toMatchObject({
        code: 'USERNAME_TAKEN',
      });
      const accounts = await Promise.all(
        Array.from({ length: 8 }, (_, i) => registerUser(deps, { username: `first-${i}`, password: 'long enough' }, local)),
      );
      expect(accounts.filter(({ user }) => user.role === 'admin')).toHaveLength(1);
    });

    it('is nobody who comes after accounts that were made where others could come', async () => {
      await using world = await createTestWorld(kind);
      const { deps } = world;
      await deps.db.$executeRaw`delete from handles where handle = '#first-account'`;
      const password = 'long enough';
      await registerUser(deps, { username: 'alice', password }, { registration: 'open' });
      const later = await registerUser(deps, { username: 'mallory', password }, { registration: 'open', firstIsAdmin: true });
      expect(later.user.role).toBe('user');
    });

    describe('where others can come', () => {
      /** An instance without any account. */
      const newInstance = async () => {
        const world = await createTestWorld(kind);
        const { db } = world.deps;
        await db.$executeRaw`delete from handles where handle = '#first-account'`;
        await db.$executeRaw`update users set is_admin = false`;
        const register = (username: string, registration: 'open' | 'invite' | 'closed', invite?: string) =>
          registerUser(world.deps, { username, password: 'long enough', ...(invite === undefined ? {} : { invite }) }, { registration });
        return { world, deps: world.deps, register };
      };

      it.each(['open', 'invite', 'closed'] as const)(
        'is made admin by the set-up code alone, once, with registration %s',
        async (registration) => {
          const { world, deps, register } = await newInstance();
          await using _ = world;
          const [code, second] = [(await createSetUpCode(deps))!, (await createSetUpCode(deps))!];
          const invite = await createInvite(deps);
          // Who comes before it is no admin, and takes nothing from it.
          if (registration === 'open') expect((await register('early', 'open')).user.role).toBe('user');
          if (registration === 'invite') expect((await register('early', 'invite', invite)).user.role).toBe('user');
          if (registration === 'closed') {
            for (const wrong of [undefined, 'made-up', invite]) {
              await expect(register('early', 'closed', wrong)).rejects.toMatchObject({ code: 'REGISTRATION_CLOSED' });
            }
          }
          await expect(register('ada', registration, code)).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
          expect((await register('root', registration, code)).user.role).toBe('admin');
          for (const [i, used] of [code, second, `set-up ${second}`].entries()) {
            const again = register(`late-${i}`, registration, used);
            if (registration === 'open') expect((await again).user.role).toBe('user');
            else await expect(again).rejects.toMatchObject({ code: registration === 'closed' ? 'REGISTRATION_CLOSED' : 'INVITE_REQUIRED' });
          }
          expect(await createSetUpCode(deps)).toBeNull();
        },
      );

      it('is made admin by one of many who use set-up codes at once', async () => {
        const { world, deps, register } = await newInstance();
        await using _ = world;
        const codes = await Promise.all([1, 2].map(() => createSetUpCode(deps)));
        const results = await Promise.allSettled(Array.from({ length: 8 }, (_each, i) => register(`root-${i}`, 'closed', codes[i % 2]!)));
        const roles = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.user.role] : []));
        expect(roles.filter((role) => role === 'admin')).toHaveLength(1);
        expect(roles.length).toBeLessThanOrEqual(2);
      });

      it('needs no set-up code where an admin was made at the command line, nor takes one that has run out', async () => {
        const { world, deps, register } = await newInstance();
        await using _ = world;
        const code = (await createSetUpCode(deps))!;
        await deps.db.$executeRaw`update invites set expires_at = now() - interval '1 second'`;
        await expect(register('late', 'closed', code)).rejects.toMatchObject({ code: 'REGISTRATION_CLOSED' });
        await setAdmin(deps, null, { username: 'tess', admin: true });
        expect(await createSetUpCode(deps)).toBeNull();
      });
    });
  });
}
