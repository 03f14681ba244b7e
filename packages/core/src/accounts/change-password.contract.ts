import { channels } from '@parley/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';
import { changePassword } from './change-password.js';
import { disableAccount } from './disable-account.js';
import { loadActor } from '../sessions/load-actor.js';
import { login } from '../sessions/login.js';
import { logout } from '../sessions/logout.js';
import { refreshSession } from '../sessions/refresh-session.js';

export function changePasswordSuite(kind: 'pglite' | 'postgres'): void {
  describe(`changePassword (${kind})`, () => {
    const world = sharedWorld(kind);
    let n = 0;
    let bob: TestUser;

    beforeEach(async () => {
      bob = await world().register(`bob-${n++}`);
      world().bus.clear();
    });

    const signIn = async (password = bob.password) => {
      const signedIn = await login(world().deps, { username: bob.user.username, password });
      return { ...signedIn, actor: await world().deps.tokens.verify(signedIn.accessToken) };
    };
    const change = (newPassword: string, currentPassword = bob.password, actor = bob.actor) =>
      changePassword(world().deps, actor, { currentPassword, newPassword });

    it('lets in with the new password, no more with the old, and ends the person’s other sessions', async () => {
      const others = [await signIn(), await signIn()];
      await change('a better password');
      await expect(signIn()).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
      await expect(signIn('a better password')).resolves.toBeDefined();
      await expect(loadActor(world().deps, bob.user.id, bob.actor.sessionId)).resolves.toBeDefined();
      await expect(refreshSession(world().deps, bob.refreshToken)).resolves.toBeDefined();
      for (const other of others) {
        await expect(loadActor(world().deps, bob.user.id, other.actor.sessionId)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
        await expect(refreshSession(world().deps, other.refreshToken)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      }
      const told = world().bus.on(channels.user(bob.user.id));
      expect(told).toHaveLength(2);
      expect(told).toEqual(expect.arrayContaining(others.map(({ actor }) => ({ type: 'sessionEnded', sessionId: actor.sessionId }))));
    });

    it('asks for the current password, and changes nothing without', async () => {
      const other = await signIn();
      await expect(change('a better password', 'a guess')).rejects.toMatchObject({
        code: 'INVALID_CREDENTIALS',
        details: { field: 'currentPassword' },
      });
      await expect(loadActor(world().deps, bob.user.id, other.actor.sessionId)).resolves.toBeDefined();
      await expect(signIn()).resolves.toBeDefined();
    });

    it('takes no password that is easy to guess, and leaves the old one', async () => {
      for (const weak of ['12345678', 'password', bob.user.username.toUpperCase(), '        ', 'parley2026']) {
        await expect(change(weak)).rejects.toMatchObject({ code: 'VALIDATION', details: { field: 'newPassword' } });
      }
      await expect(signIn()).resolves.toBeDefined();
    });

    it('lets in with the same password in another form of Unicode', async () => {
      await change('très bien caché'.normalize('NFC'));
      await expect(signIn('très bien caché'.normalize('NFD'))).resolves.toBeDefined();
    });

    it('is for sessions and accounts that stand', async () => {
      const other = await signIn();
      await logout(world().deps, other.actor, { everywhere: false });
      await expect(change('a better password', bob.password, other.actor)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      await disableAccount(world().deps, null, { username: bob.user.username });
      await expect(change('a better password')).rejects.toMatchObject({ code: 'ACCOUNT_DISABLED' });
    });

    it('takes one of many new passwords that come at once from several sessions, which alone lives on', async () => {
      const sessions = [bob, await signIn(), await signIn(), await signIn()];
      const results = await Promise.allSettled(sessions.map(({ actor }, i) => change(`a better password ${i}`, bob.password, actor)));
      const winners = results.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
      expect(winners).toHaveLength(1);
      for (const [i, { actor }] of sessions.entries()) {
        const state = loadActor(world().deps, bob.user.id, actor.sessionId);
        if (i === winners[0]) await expect(state).resolves.toBeDefined();
        else await expect(state).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      }
      await expect(signIn(`a better password ${winners[0]}`)).resolves.toBeDefined();
    });

    it('leaves no session of a sign-in with the old password that came at the same moment', async () => {
      const signIns = Promise.allSettled(Array.from({ length: 6 }, () => signIn()));
      await change('a better password');
      for (const result of await signIns) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'INVALID_CREDENTIALS' });
        else {
          const state = loadActor(world().deps, bob.user.id, result.value.actor.sessionId);
          await expect(state).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
        }
      }
    });
  });
}
