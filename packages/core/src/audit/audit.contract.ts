import { Prisma } from '@parley/db';
import { describe, expect, it } from 'vitest';
import { disableAccount } from '../accounts/disable-account.js';
import { enableAccount } from '../accounts/enable-account.js';
import { removeOwnAccount } from '../privacy/remove-person.js';
import { login } from '../sessions/login.js';
import { sharedWorld } from '../testing/shared-world.js';
import { auditEntries, recordAudit } from './audit-statements.js';
import { deleteSpentAudit } from './delete-spent-audit.js';

export function auditSuite(kind: 'pglite' | 'postgres'): void {
  describe(`the audit log (${kind})`, () => {
    const world = sharedWorld(kind);
    const rows = (sql: Prisma.Sql) => world().deps.db.$queryRaw<Record<string, unknown>[]>(sql);
    const entriesOf = (id: string) =>
      rows(Prisma.sql`
        select event, actor_kind, actor_id, actor_name, subject_kind, subject_id, subject_name, detail from audit_log
        where actor_id = ${id} or subject_id = ${id} order by id`);

    it('tells who did what to whom, in the order of its ids', async () => {
      const bob = await world().register('bob');
      await disableAccount(world().deps, null, { username: 'bob' });
      await enableAccount(world().deps, null, { username: 'bob' });
      await login(world().deps, { username: 'bob', password: bob.password });
      const { id } = bob.user;
      const self = { actor_kind: 'user', actor_id: id, actor_name: 'bob' };
      const [nobody, account] = [
        { actor_kind: 'operator', actor_id: null, actor_name: null },
        { subject_kind: 'account', subject_id: id, subject_name: 'bob' },
      ];
      expect(await entriesOf(id)).toEqual([
        { event: 'account.made', ...self, ...account, detail: expect.any(Object) },
        { event: 'account.disabled', ...nobody, ...account, detail: { bots: 0 } },
        { event: 'account.enabled', ...nobody, ...account, detail: {} },
        { event: 'session.began', ...self, subject_kind: null, subject_id: null, subject_name: null, detail: {} },
      ]);
      const [{ same }] = (await rows(Prisma.sql`
        select bool_and(floor(extract(epoch from at) * 1000) - ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint in (0, 1) and substr(id::text, 15, 1) = '7'
          and substr(id::text, 20, 1) in ('8', '9', 'a', 'b')) as same from audit_log`)) as [{ same: boolean }];
      expect(same).toBe(true);
    });

    it('writes an entry for each row of what it notes, and none where nothing was done', async () => {
      const entry = { event: 'hook.made', by: 'system', subject: { kind: 'hook', id: Prisma.sql`made.id` } } as const;
      const some = await rows(auditEntries(entry, Prisma.sql`(values ('one'), ('two')) made (id)`));
      const none = await rows(auditEntries(entry, Prisma.sql`(select 'x' as id where false) made`));
      expect([some.length, none.length]).toEqual([2, 0]);
    });

    it('rolls back with what it tells of', async () => {
      const [before] = await rows(Prisma.sql`select count(*)::int as entries from audit_log`);
      await expect(
        rows(Prisma.sql`with audited as (${auditEntries({ event: 'hook.made', by: 'system' })}) select 1 / 0 as one`),
      ).rejects.toThrow();
      expect(await rows(Prisma.sql`select count(*)::int as entries from audit_log`)).toEqual([before]);
    });

    it('is append-only: no entry is changed, none is deleted, but by its own retention', async () => {
      await recordAudit(world().deps, { event: 'room.exported', by: 'system', subject: { kind: 'room', id: 'kept', name: 'Kept' } });
      const { db } = world().deps;
      const kept = Prisma.sql`select id, event, subject_name from audit_log where subject_id = 'kept'`;
      const before = await rows(kept);
      for (const sql of [
        Prisma.sql`delete from audit_log`,
        Prisma.sql`update audit_log set event = 'other'`,
        Prisma.sql`update audit_log set subject_name = 'Other'`,
        Prisma.sql`update audit_log set at = now() - interval '1 year'`,
      ])
        await expect(db.$executeRaw(sql)).rejects.toThrow(/append-only/);
      expect(await rows(kept)).toEqual(before);
      expect((await deleteSpentAudit(world().deps, { days: 1 })).deleted).toBe(0);
      // Nothing that one statement was allowed is left to the next of the connection.
      await expect(db.$executeRaw(Prisma.sql`delete from audit_log`)).rejects.toThrow(/append-only/);
    });

    it('goes after the days that it is kept, the oldest first, some hundred at a time', async () => {
      await rows(Prisma.sql`
        insert into audit_log (id, at, event, actor_kind)
        select gen_random_uuid(), now() - interval '11 days', 'old', 'system' from generate_series(1, 501) returning id`);
      expect(await deleteSpentAudit(world().deps, { days: 12 })).toEqual({ deleted: 0, next: null });
      expect(await deleteSpentAudit(world().deps, { days: 10 })).toEqual({ deleted: 500, next: expect.any(String) });
      expect(await deleteSpentAudit(world().deps, { days: 10 })).toEqual({ deleted: 1, next: null });
    });

    it('keeps the entries of an account that is removed, by its id, without its name', async () => {
      const carol = await world().register('carol');
      await disableAccount(world().deps, null, { username: 'carol' });
      await enableAccount(world().deps, null, { username: 'carol' });
      const { deps, access } = world();
      const again = await deps.tokens.verify((await login(deps, { username: 'carol', password: carol.password })).accessToken);
      await removeOwnAccount({ ...deps, rooms: access }, { ...carol.actor, ...again }, { password: carol.password });
      const entries = await entriesOf(carol.user.id);
      expect(entries.map(({ event }) => event)).toEqual([
        'account.made',
        'account.disabled',
        'account.enabled',
        'session.began',
        'account.removed',
      ]);
      expect(JSON.stringify(entries)).not.toContain('carol');
    });
  });
}
