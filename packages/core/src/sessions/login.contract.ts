import type { AppError } from '@parley/contracts';
import { describe, expect, it, vi } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { disableAccount } from '../accounts/disable-account.js';
import { loadActor } from './load-actor.js';
import { login, TriedAccount } from './login.js';

export function loginSuite(kind: 'pglite' | 'postgres'): void {
  describe(`login (${kind})`, () => {
    const world = sharedWorld(kind);

    it('starts a session of its own each time', async () => {
      const bob = await world().register('bob');
      const again = await login(world().deps, { username: 'bob', password: bob.password });
      expect(again.user).toEqual(bob.user);
      const actor = await world().deps.tokens.verify(again.accessToken);
      expect(actor.sessionId).not.toBe(bob.actor.sessionId);
      await expect(loadActor(world().deps, actor.userId, actor.sessionId)).resolves.toMatchObject({ username: 'bob' });
      await expect(loadActor(world().deps, bob.actor.userId, bob.actor.sessionId)).resolves.toMatchObject({ username: 'bob' });
    });

    it('answers a wrong password and an unknown name alike, at the cost of one hash each', async () => {
      const carol = await world().register('carol');
      const { hasher } = world().deps;
      const verify = vi.spyOn(hasher, 'verify');
      const hash = vi.spyOn(hasher, 'hash');
      const wrong = await login(world().deps, { username: 'carol', password: 'wrong' }).catch((error: unknown) => error);
      expect([verify.mock.calls.length, hash.mock.calls.length]).toEqual([1, 0]);
      const unknown = await login(world().deps, { username: 'nobody', password: 'wrong' }).catch((error: unknown) => error);
      expect([verify.mock.calls.length, hash.mock.calls.length]).toEqual([1, 1]);
      expect(wrong).toMatchObject({ code: 'INVALID_CREDENTIALS' });
      const told = ({ code, message, details }: AppError) => ({ code, message, details });
      expect(told(unknown as AppError)).toEqual(told(wrong as AppError));
      // The log alone learns which account was tried, and nothing of a name that may be a password.
      const causes = [wrong, unknown].map((error) => (error as AppError).cause);
      expect(causes).toEqual([new TriedAccount(carol.user.id, 'carol'), undefined]);
      verify.mockRestore();
      hash.mockRestore();
    });

    it('tells that an account is disabled only to who knows its password', async () => {
      const dave = await world().register('dave');
      await disableAccount(world().deps, null, { username: 'dave' });
      await expect(login(world().deps, { username: 'dave', password: dave.password })).rejects.toMatchObject({ code: 'ACCOUNT_DISABLED' });
      await expect(login(world().deps, { username: 'dave', password: 'wrong' })).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
    });

    it('signs nobody in with a password that was changed while it was checked', async () => {
      const erin = await world().register('erin');
      const { deps } = world();
      const verify = vi.spyOn(deps.hasher, 'verify').mockImplementationOnce(async () => {
        await deps.db.$executeRaw`update users set password_hash = 'another' where username = 'erin'`;
        return true;
      });
      await expect(login(deps, { username: 'erin', password: erin.password })).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
      verify.mockRestore();
    });

    it('keeps no secret in clear', async () => {
      const frank = await world().register('frank');
      const rows = await world().deps.db.$queryRaw<{ hash: Uint8Array; password: string }[]>`
        select t.hash, u.password_hash as password from refresh_tokens t join sessions s on s.id = t.session_id
        join users u on u.id = s.user_id where u.username = 'frank'`;
      expect(rows).toHaveLength(1);
      expect(rows[0]!.hash).toHaveLength(32);
      expect(rows[0]!.password).toMatch(/^\$argon2id\$/);
      expect(frank.refreshToken).toMatch(/^[\w-]{43}$/);
    });
  });
}
