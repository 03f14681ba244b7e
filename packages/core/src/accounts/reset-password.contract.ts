import { beforeEach, describe, expect, it } from 'vitest';
import { loadActor } from '../sessions/load-actor.js';
import { login } from '../sessions/login.js';
import { refreshSession } from '../sessions/refresh-session.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';
import { disableAccount } from './disable-account.js';
import { removeOwnAccount } from '../privacy/remove-person.js';
import { resetPassword } from './reset-password.js';

export function resetPasswordSuite(kind: 'pglite' | 'postgres'): void {
  describe(`resetPassword (${kind})`, () => {
    const world = sharedWorld(kind);
    let n = 0;
    let bob: TestUser;

    beforeEach(async () => {
      bob = await world().register(`forgetful-${n++}`);
    });

    const signIn = (password: string) => login(world().deps, { username: bob.user.username, password });

    it('lets in with the new password alone, and ends every session', async () => {
      const password = await resetPassword(world().deps, bob.user.username.toUpperCase());
      expect(password).toMatch(/^(?:[a-z2-9]{5}-){3}[a-z2-9]{5}$/);
      await expect(loadActor(world().deps, bob.user.id, bob.actor.sessionId)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      await expect(refreshSession(world().deps, bob.refreshToken)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      await expect(signIn(bob.password)).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
      await expect(signIn(password)).resolves.toMatchObject({ user: { id: bob.user.id } });
    });

    it('leaves no session of a sign-in with the old password at the same moment', async () => {
      const [password, ...old] = await Promise.all([
        resetPassword(world().deps, bob.user.username),
        ...Array.from({ length: 5 }, () => signIn(bob.password).catch(() => null)),
      ]);
      for (const signedIn of old) {
        if (signedIn) await expect(refreshSession(world().deps, signedIn.refreshToken)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      }
      await expect(signIn(password)).resolves.toBeDefined();
    });

    it('opens no account that is disabled, and knows none that was removed or never was', async () => {
      await disableAccount(world().deps, null, { username: bob.user.username });
      await expect(signIn(await resetPassword(world().deps, bob.user.username))).rejects.toMatchObject({ code: 'ACCOUNT_DISABLED' });
      const gone = await world().register(`gone-${n}`);
      await removeOwnAccount({ ...world().deps, rooms: world().access }, gone.actor, { password: gone.password });
      await expect(resetPassword(world().deps, gone.user.username)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      await expect(resetPassword(world().deps, 'nobody at all')).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
    });
  });
}
