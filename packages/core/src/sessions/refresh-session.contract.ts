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

    /** Puts everything that happened in a session into the past, by the database's clock. */
    const ageSession = (sessionId: string, seconds: number) =>
      world().deps.db.$executeRaw`
        update refresh_tokens set created_at = created_at - ${seconds}::int * interval '1 second',
          used_at = used_at - ${seconds}::int * interval '1 second'
        where session_id = ${sessionId}::uuid`;

    it('exchanges a token for a new one, in the same session', async () => {
      const bob = await world().register('bob');
      const next = await refresh(bob.refreshToken);
      expect(next.user).toEqual(bob.user);
      expect(next.refreshToken).not.toBe(bob.refreshToken);
      expect((await world().deps.tokens.verify(next.accessToken)).sessionId).toBe(bob.actor.sessionId);
      const third = await refresh(next.refreshToken);
      await expect(refresh(third.refreshToken)).resolves.toBeDefined();
    });

    it('logs nobody out when tabs refresh at once: all get a token, and go on from the one that their cookie kept', async () => {
      const carol = await world().register('carol');
      const tabs = await Promise.all(Array.from({ length: 8 }, () => refresh(carol.refreshToken)));
      expect(new Set(tabs.map((tab) => tab.refreshToken)).size).toBe(8);
      // An answer that came late may change the cookie once more: each of the eight is good for one exchange.
      const later = await Promise.all(tabs.map((tab) => refresh(tab.refreshToken)));
      const [row] = await world().deps.db.$queryRaw<{ rotations: number }[]>`
        select count(*)::int as rotations from refresh_tokens where used_at is not null and session_id = ${carol.actor.sessionId}::uuid`;
      expect(row!.rotations).toBe(9);
      let kept = later.at(-1)!.refreshToken;
      for (let round = 0; round < 5; round++) {
        const again = await Promise.all(Array.from({ length: 3 }, () => refresh(kept)));
        kept = again.at(round % 3)!.refreshToken;
      }
      await ageSession(carol.actor.sessionId, 700);
      await expect(refresh(kept)).resolves.toBeDefined();
    });

    describe('a copy that was used within the 30 seconds', () => {
      /** The owner and a thief, who each exchanged the same token. */
      const robbed = async (name: string) => {
        const owner = await world().register(name);
        const branches = [await refresh(owner.refreshToken), await refresh(owner.refreshToken)].map((one) => one.refreshToken);
        world().bus.clear();
        world().logged.length = 0;
        return { owner, branches };
      };
      const expectEnded = async ({ owner, branches }: Awaited<ReturnType<typeof robbed>>) => {
        for (const token of branches) await expect(refresh(token)).rejects.toMatchObject(revoked);
        const { sessionId } = owner.actor;
        expect(world().bus.on(channels.user(owner.user.id))).toEqual([{ type: 'sessionEnded', sessionId }]);
        expect(world().logged).toEqual([
          {
            level: 'warn',
            fields: { event: 'refresh token copied', userId: owner.user.id, username: owner.user.username },
            message: 'refresh token copied',
          },
        ]);
      };

      it.each(['owner', 'thief'])('ends the session when both are used on after it, the %s first', async (first) => {
        const world = await robbed(`both-${first}`);
        if (first === 'thief') world.branches.reverse();
        await ageSession(world.owner.actor.sessionId, 700);
        world.branches[0] = (await refresh(world.branches[0]!)).refreshToken;
        await ageSession(world.owner.actor.sessionId, 31);
        await expect(refresh(world.branches[1]!)).rejects.toMatchObject(revoked);
        await expectEnded(world);
      });

      it('ends the session when both are used on twice, however soon', async () => {
        const world = await robbed('twice');
        for (const branch of [0, 1]) world.branches[branch] = (await refresh(world.branches[branch]!)).refreshToken;
        world.branches[0] = (await refresh(world.branches[0]!)).refreshToken;
        await expect(refresh(world.branches[1]!)).rejects.toMatchObject(revoked);
        await expectEnded(world);
      });

      it('ends the session of a thief who hurried ahead, when the owner comes', async () => {
        const world = await robbed('hurried');
        for (let round = 0; round < 4; round++) world.branches[1] = (await refresh(world.branches[1]!)).refreshToken;
        await ageSession(world.owner.actor.sessionId, 700);
        world.branches[1] = (await refresh(world.branches[1]!)).refreshToken;
        await expect(refresh(world.branches[0]!)).rejects.toMatchObject(revoked);
        await expectEnded(world);
      });

      it('lets one of them go on alone', async () => {
        const world = await robbed('alone');
        let token = world.branches[1]!;
        for (let round = 0; round < 4; round++) {
          await ageSession(world.owner.actor.sessionId, 700);
          token = (await refresh(token)).refreshToken;
        }
        expect(world.owner.user.username).toBe('alone');
      });
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

    it('lasts no longer than SESSION_MAX_DAYS from its sign-in, however much it is used', async () => {
      const lou = await world().register('lou');
      const { deps } = world();
      const began = (interval: string) =>
        deps.db.$executeRaw`update sessions set created_at = now() - ${interval}::interval where id = ${lou.actor.sessionId}::uuid`;
      await began('10 days -1 minutes');
      const next = await refreshSession(deps, lou.refreshToken, { maxDays: 10 });
      await began('10 days 1 second');
      await expect(refreshSession(deps, next.refreshToken, { maxDays: 10 })).rejects.toMatchObject(revoked);
      await expect(refreshSession(deps, next.refreshToken, { maxDays: 11 })).resolves.toBeDefined();
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
