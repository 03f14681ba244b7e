import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { deleteSpentSessions } from './delete-spent-sessions.js';
import { loadActor } from './load-actor.js';
import { login } from './login.js';
import { logout } from './logout.js';
import { refreshSession } from './refresh-session.js';

export function deleteSpentSessionsSuite(kind: 'pglite' | 'postgres'): void {
  describe(`deleteSpentSessions (${kind})`, () => {
    const world = sharedWorld(kind);

    /** Moves the clock by making all rows older. */
    const pass = async (interval: string) => {
      const { db } = world().deps;
      await db.$executeRaw`
        update sessions set created_at = created_at - ${interval}::interval, revoked_at = revoked_at - ${interval}::interval`;
      await db.$executeRaw`
        update refresh_tokens set created_at = created_at - ${interval}::interval, used_at = used_at - ${interval}::interval,
          expires_at = expires_at - ${interval}::interval`;
    };
    const sweep = async () => {
      let deleted = 0;
      let after: string | null = null;
      do {
        const step: Awaited<ReturnType<typeof deleteSpentSessions>> = await deleteSpentSessions(world().deps, after);
        deleted += step.deleted;
        after = step.next;
      } while (after !== null);
      return deleted;
    };
    const count = async (userId: string | null = null) => {
      const [row] = await world().deps.db.$queryRaw<{ sessions: number; tokens: number }[]>`
        select count(distinct s.id)::int as sessions, count(t.id)::int as tokens
        from sessions s left join refresh_tokens t on t.session_id = s.id
        where ${userId}::uuid is null or s.user_id = ${userId}::uuid`;
      return row!;
    };

    it('keeps a year of sign-ins to those of its last weeks, and who stays signed in', async () => {
      const { deps } = world();
      const people = [await world().register('ann'), await world().register('bob')];
      let kept = (await world().register('stays')).refreshToken;
      const perWeek = 3;
      const counts: { sessions: number; tokens: number }[] = [];
      for (let week = 0; week < 52; week++) {
        for (let i = 0; i < perWeek; i++) {
          const { user, password } = people[i % people.length]!;
          const { accessToken, refreshToken } = await login(deps, { username: user.username, password });
          if (i === 0) await logout(deps, await deps.tokens.verify(accessToken), { everywhere: false });
          else if (i === 1) await refreshSession(deps, refreshToken);
        }
        kept = (await refreshSession(deps, kept)).refreshToken;
        await pass('7 days');
        await sweep();
        counts.push(await count());
      }
      // Once those of the registrations are gone: of four weeks the sessions that nobody ended, and the one that is in use.
      const most = 4 * (perWeek - 1) + 1;
      const later = counts.slice(5);
      expect(Math.max(...later.map(({ sessions }) => sessions))).toBe(most);
      expect(Math.max(...later.map(({ tokens }) => tokens))).toBeLessThanOrEqual(2 * most);
      expect(counts.at(-1)).toEqual(counts[20]);
      await expect(refreshSession(deps, kept)).resolves.toMatchObject({ user: { username: 'stays' } });
    });

    it('keeps what anyone could still act by, and a day more', async () => {
      const { deps } = world();
      const eve = await world().register('eve');
      await pass('30 days -1 hour');
      await sweep();
      const next = await refreshSession(deps, eve.refreshToken);
      await logout(deps, eve.actor, { everywhere: false });
      await pass('23 hours');
      await sweep();
      expect(await count(eve.user.id)).toEqual({ sessions: 1, tokens: 2 });
      await pass('2 hours');
      expect(await sweep()).toBeGreaterThanOrEqual(3);
      expect(await count(eve.user.id)).toEqual({ sessions: 0, tokens: 0 });
      // What is gone is refused as what has ended.
      await expect(refreshSession(deps, next.refreshToken)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      await expect(loadActor(deps, eve.user.id, eve.actor.sessionId)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
    });

    it('goes through any number of sessions and tokens in bounded steps', async () => {
      const { deps } = world();
      await sweep();
      const fay = await world().register('fay');
      await deps.db.$executeRaw`
        insert into sessions (id, user_id, created_at)
        select ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, ${fay.user.id}::uuid, now() - interval '90 days'
        from generate_series(1, 450) i`;
      await deps.db.$executeRaw`
        insert into refresh_tokens (id, session_id, hash, created_at, expires_at)
        select gen_random_uuid(), s.id, sha256((s.id::text || i)::bytea), now() - interval '90 days', now() - interval '60 days'
        from sessions s cross join generate_series(1, 6) i where s.created_at < now() - interval '80 days'`;
      const steps: number[] = [];
      let after: string | null = null;
      do {
        const step: Awaited<ReturnType<typeof deleteSpentSessions>> = await deleteSpentSessions(deps, after);
        steps.push(step.deleted);
        after = step.next;
      } while (after !== null);
      expect(Math.max(...steps)).toBeLessThanOrEqual(1_200);
      expect(steps.reduce((sum, each) => sum + each, 0)).toBe(450 * 7);
      expect(await count(fay.user.id)).toEqual({ sessions: 1, tokens: 1 });
    });
  });
}
