import { channels } from '@parley/contracts';
import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { disableAccount } from '../accounts/disable-account.js';
import { login } from './login.js';
import { logout } from './logout.js';
import { refreshSession } from './refresh-session.js';
import { hashSecretToken } from './secret-token.js';

export function refreshSessionSuite(kind: 'pglite' | 'postgres'): void {
  describe(`refreshSession (${kind})`, () => {
    const world = sharedWorld(kind);
    const refresh = (token: string) => refreshSession(world().deps, token);
    const revoked = { code: 'SESSION_REVOKED' };
    /** Puts an exchange into the past, by the database's clock. */
    const age = (token: string, seconds: number) =>
      world().deps.db.$executeRaw`
        update refresh_tokens set used_at = used_at - ${seconds}::int * interval '1 second'
        where hash = decode(${hashSecretToken(token)}, 'hex')`;

    it('exchanges a token for a new one, in the same session', async () => {
      const bob = await world().register('bob');
      const next = await refresh(bob.refreshToken);
      expect(next.user).toEqual(bob.user);
      expect(next.refreshToken).not.toBe(bob.refreshToken);
      expect((await world().deps.tokens.verify(next.accessToken)).sessionId).toBe(bob.actor.sessionId);
      const third = await refresh(next.refreshToken);
      await expect(refresh(third.refreshToken)).resolves.toBeDefined();
    });

    it('logs nobody out when tabs refresh at once: all go on from what they got', async () => {
      const carol = await world().register('carol');
      const tabs = await Promise.all(Array.from({ length: 8 }, () => refresh(carol.refreshToken)));
      expect(new Set(tabs.map((tab) => tab.refreshToken)).size).toBe(8);
      const later = await Promise.all(tabs.map((tab) => refresh(tab.refreshToken)));
      await expect(Promise.all(later.map((tab) => refresh(tab.refreshToken)))).resolves.toHaveLength(8);
      const [row] = await world().deps.db.$queryRaw<{ rotations: number }[]>`
        select count(*)::int as rotations from refresh_tokens where used_at is not null and session_id = ${carol.actor.sessionId}::uuid`;
      expect(row!.rotations).toBe(17);
    });

    it('gives a sibling to who lost the response, within 30 seconds', async () => {
      const dave = await world().register('dave');
      await refresh(dave.refreshToken);
      await age(dave.refreshToken, 29);
      const sibling = await refresh(dave.refreshToken);
      await expect(refresh(sibling.refreshToken)).resolves.toBeDefined();
    });

    it('ends the session when a token comes back after 30 seconds, for every token of it, and says so on the bus', async () => {
      const erin = await world().register('erin');
      const next = await refresh(erin.refreshToken);
      const other = await login(world().deps, { username: 'erin', password: erin.password });
      await age(erin.refreshToken, 31);
      world().bus.clear();
      await expect(refresh(erin.refreshToken)).rejects.toMatchObject(revoked);
      await expect(refresh(next.refreshToken)).rejects.toMatchObject(revoked);
      expect(world().bus.on(channels.user(erin.user.id))).toEqual([{ type: 'sessionEnded', sessionId: erin.actor.sessionId }]);
      await expect(refresh(other.refreshToken)).resolves.toMatchObject({ user: { username: 'erin' } });
    });

    it('ends the session when a token comes back whose successor was used, however soon', async () => {
      const frank = await world().register('frank');
      const next = await refresh(frank.refreshToken);
      const third = await refresh(next.refreshToken);
      await expect(refresh(frank.refreshToken)).rejects.toMatchObject(revoked);
      await expect(refresh(third.refreshToken)).rejects.toMatchObject(revoked);
    });

    it('survives many copies coming back at once: refused, the session ended once, no deadlock', async () => {
      const gina = await world().register('gina');
      const second = await refresh(gina.refreshToken);
      const third = await refresh(second.refreshToken);
      const fourth = await refresh(third.refreshToken);
      world().bus.clear();
      const old = [gina, second, gina, second, gina, second].map((one) => refresh(one.refreshToken));
      for (const result of await Promise.allSettled(old)) expect(result).toMatchObject({ status: 'rejected', reason: revoked });
      expect(world().bus.on(channels.user(gina.user.id))).toHaveLength(1);
      await expect(refresh(fourth.refreshToken)).rejects.toMatchObject(revoked);
    });

    it('lasts 30 days from its last use', async () => {
      const hal = await world().register('hal');
      const { db } = world().deps;
      const daysLeft = async () => {
        const [row] = await db.$queryRaw<{ days: number }[]>`
          select round(extract(epoch from max(expires_at) - now()) / 86400)::int as days from refresh_tokens
          where session_id = ${hal.actor.sessionId}::uuid`;
        return row!.days;
      };
      await db.$executeRaw`update refresh_tokens set expires_at = now() + interval '1 hour' where session_id = ${hal.actor.sessionId}::uuid`;
      const next = await refresh(hal.refreshToken);
      expect(await daysLeft()).toBe(30);
      await db.$executeRaw`update refresh_tokens set expires_at = now() - interval '1 second' where session_id = ${hal.actor.sessionId}::uuid`;
      await expect(refresh(next.refreshToken)).rejects.toMatchObject(revoked);
    });

    it('deletes some of the tokens that expired, the oldest first, of whatever session, and none that still tells something', async () => {
      const { db } = world().deps;
      const count = async () => Number((await db.$queryRaw<{ n: bigint }[]>`select count(*) as n from refresh_tokens`)[0]!.n);
      const kim = await world().register('kim');
      const second = await refresh(kim.refreshToken);
      const kept = await count();
      // These tokens are from long ago, by their ids too.
      await db.$executeRaw`
        insert into refresh_tokens (id, session_id, hash, created_at, expires_at)
        select ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, ${kim.actor.sessionId}::uuid, sha256(i::text::bytea),
          now() - interval '40 days', now() - interval '10 days'
        from generate_series(1, 45) i`;
      let token = second.refreshToken;
      for (const left of [25, 5, 0]) {
        token = (await refresh(token)).refreshToken;
        expect((await count()) - kept).toBeLessThanOrEqual(left + 3);
        const [row] = await db.$queryRaw<
          { expired: number }[]
        >`select count(*)::int as expired from refresh_tokens where expires_at <= now() - interval '9 days'`;
        expect(row!.expired).toBe(left);
      }
      // The first token was used long ago, but it is not deleted: a copy of it still ends the session.
      await age(kim.refreshToken, 60);
      await expect(refresh(kim.refreshToken)).rejects.toMatchObject(revoked);
      await expect(refresh(token)).rejects.toMatchObject(revoked);
    });

    it('refuses after logout, for a disabled account, and what was never a token', async () => {
      const ivy = await world().register('ivy');
      await logout(world().deps, ivy.actor, { everywhere: false });
      await expect(refresh(ivy.refreshToken)).rejects.toMatchObject(revoked);
      const jim = await world().register('jim');
      await disableAccount(world().deps, null, { username: 'jim' });
      await expect(refresh(jim.refreshToken)).rejects.toMatchObject({ code: 'ACCOUNT_DISABLED' });
      await expect(refresh('never a token')).rejects.toMatchObject(revoked);
    });
  });
}
