import { channels } from '@parley/contracts';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { createRoom } from '../rooms/create-room.js';
import { sharedWorld } from '../testing/shared-world.js';
import { disableAccount } from '../accounts/disable-account.js';
import { enableAccount } from '../accounts/enable-account.js';
import { findEndedSessions } from './find-ended-sessions.js';
import { loadActor } from './load-actor.js';
import { login } from './login.js';
import { logout } from './logout.js';

export function logoutSuite(kind: 'pglite' | 'postgres'): void {
  describe(`the end of a session (${kind})`, () => {
    const world = sharedWorld(kind);
    const room = { name: 'A room', topic: '', visibility: 'public' } as const;

    async function registerTwice(username: string) {
      const first = await world().register(username);
      const second = await login(world().deps, { username, password: first.password });
      const other = await world().deps.tokens.verify(second.accessToken);
      world().bus.clear();
      return { actor: first.actor, other };
    }

    it('comes to the session that logs out, and to no other', async () => {
      const { deps, bus } = world();
      const { actor, other } = await registerTwice('bob');
      await logout(deps, actor, { everywhere: false });
      await expect(loadActor(deps, actor.userId, actor.sessionId)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      await expect(createRoom(deps, actor, room)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      await expect(createRoom(deps, other, room)).resolves.toMatchObject({ name: 'A room' });
      expect(bus.on(channels.user(actor.userId))[0]).toEqual({ type: 'sessionEnded', sessionId: actor.sessionId });
    });

    it('comes to all of them when the person logs out everywhere', async () => {
      const { deps, bus } = world();
      const { actor, other } = await registerTwice('carol');
      await Promise.all([logout(deps, actor, { everywhere: true }), logout(deps, other, { everywhere: true })]);
      for (const { userId, sessionId } of [actor, other]) {
        await expect(loadActor(deps, userId, sessionId)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      }
      expect(bus.on(channels.user(actor.userId))).toContainEqual({ type: 'sessionEnded', sessionId: null });
    });

    it('comes with the account’s being disabled, which is then said to be why', async () => {
      const { deps, bus } = world();
      const { actor } = await registerTwice('dave');
      await disableAccount(deps, null, { username: 'dave' });
      await expect(createRoom(deps, actor, room)).rejects.toMatchObject({ code: 'ACCOUNT_DISABLED' });
      expect(bus.on(channels.user(actor.userId))).toEqual([{ type: 'sessionEnded', sessionId: null }]);
      await expect(disableAccount(deps, null, { username: 'nobody' })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
    });

    it('comes when an admin disables the account, but not their own; others may not, and the account can be enabled again', async () => {
      const { deps, owner } = world();
      const ida = await world().register('ida');
      const jon = await world().register('jon');
      await expect(disableAccount(deps, jon.actor, { username: 'ida' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(enableAccount(deps, jon.actor, { username: 'ida' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(disableAccount(deps, owner.actor, { username: owner.user.username })).rejects.toMatchObject({
        code: 'VALIDATION',
        details: { field: 'username' },
      });
      await expect(loadActor(deps, ida.actor.userId, ida.actor.sessionId)).resolves.toMatchObject({ username: 'ida' });

      await disableAccount(deps, owner.actor, { username: 'Ida' });
      await disableAccount(deps, owner.actor, { username: 'ida' });
      await expect(login(deps, { username: 'ida', password: ida.password })).rejects.toMatchObject({ code: 'ACCOUNT_DISABLED' });
      await enableAccount(deps, owner.actor, { username: 'ida' });
      await enableAccount(deps, owner.actor, { username: 'ida' });
      await expect(login(deps, { username: 'ida', password: ida.password })).resolves.toMatchObject({ user: { username: 'ida' } });
      await expect(createRoom(deps, ida.actor, room)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      await expect(enableAccount(deps, owner.actor, { username: 'nobody' })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });

      await logout(deps, owner.actor, { everywhere: false });
      await expect(disableAccount(deps, owner.actor, { username: 'jon' })).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
    });

    it('is not to be had for someone else’s session', async () => {
      const { deps } = world();
      const { actor } = await registerTwice('erin');
      const frank = await world().register('frank');
      await logout(deps, { userId: frank.actor.userId, sessionId: actor.sessionId }, { everywhere: false });
      await expect(loadActor(deps, actor.userId, actor.sessionId)).resolves.toBeDefined();
      await expect(loadActor(deps, frank.actor.userId, actor.sessionId)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
    });

    it('is found by the sweep: revoked, unknown, or of a disabled account', async () => {
      const { deps } = world();
      const gina = await registerTwice('gina');
      const hal = await world().register('hal');
      const unknown = uuidv7();
      await logout(deps, gina.actor, { everywhere: false });
      // Disabled by hand, without its sessions: the sweep finds it all the same.
      await deps.db.$executeRaw`update users set disabled_at = now() where username = 'hal'`;
      const ids = [gina.actor.sessionId, gina.other.sessionId, hal.actor.sessionId, unknown];
      expect(await findEndedSessions(deps, ids)).toEqual([gina.actor.sessionId, hal.actor.sessionId, unknown]);
      expect(await findEndedSessions(deps, [])).toEqual([]);
    });
  });
}
