import { describe, expect, test } from 'vitest';
import type { DbHandle } from './handle.js';
import { MigrationError, migrate } from './migrate.js';
import { type MigrationFile, readMigrations } from './migration-files.js';

const file = (name: string, sql: string, checksum = name): MigrationFile => ({
  name,
  sql,
  checksum,
  checksumOtherLineEnds: `${checksum}-crlf`,
});

/** A log that remembers what it was told. */
function recordingLog() {
  const lines: { level: 'info' | 'warn'; fields: object; message: string }[] = [];
  return {
    lines,
    info: (fields: object, message: string) => void lines.push({ level: 'info', fields, message }),
    warn: (fields: object, message: string) => void lines.push({ level: 'warn', fields, message }),
  };
}

/** @param open an empty database, without tables */
export function migrateSuite(kind: 'pglite' | 'postgres', open: () => Promise<DbHandle & AsyncDisposable>): void {
  describe(`migrations on ${kind}`, () => {
    const log = recordingLog();
    const tables = (handle: DbHandle) =>
      handle.withSession(async ({ query }) => {
        const rows = await query<{ name: string }>(`select tablename::text as name from pg_tables where schemaname = 'public' order by 1`);
        return rows.map((row) => row.name);
      });
    const records = (handle: DbHandle) =>
      handle.withSession(({ query }) =>
        query<Record<string, unknown>>('select * from _prisma_migrations order by started_at, migration_name'),
      );

    test('an empty database gets all of them, a migrated one nothing', async () => {
      await using handle = await open();
      const names = (await readMigrations()).map((migration) => migration.name);
      expect(names.length).toBeGreaterThan(0);
      const told = recordingLog();
      expect(await migrate(handle, { log: told })).toEqual({ applied: names });
      expect(told.lines.map((line) => line.message)).toEqual(names.map(() => 'migration applied'));
      expect(await migrate(handle, { log: told })).toEqual({ applied: [] });
      expect(told.lines).toHaveLength(names.length);
      expect(await tables(handle)).toContain('messages');
    });

    test('a record is what `prisma migrate deploy` writes', async () => {
      await using handle = await open();
      await migrate(handle, { log });
      const [first] = await readMigrations();
      const [record] = await records(handle);
      expect(record).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        checksum: first?.checksum,
        finished_at: expect.any(Date),
        migration_name: first?.name,
        logs: null,
        rolled_back_at: null,
        started_at: expect.any(Date),
        applied_steps_count: 1,
      });
      expect(first?.checksum).toMatch(/^[0-9a-f]{64}$/);
      expect((record?.['finished_at'] as Date) >= (record?.['started_at'] as Date)).toBe(true);
    });

    test('only the new ones are applied, in order', async () => {
      await using handle = await open();
      const one = file('20260101000000_one', 'create table one (a int)');
      const two = file(
        '20260102000000_two',
        'alter table one add column b int; insert into one values (1, 2); -- and a comment at the end',
      );
      const three = file('20260103000000_three', 'create table three as select a + b as c from one;\n');
      expect(await migrate(handle, { log, migrations: [one] })).toEqual({ applied: [one.name] });
      expect(await migrate(handle, { log, migrations: [one, two, three] })).toEqual({ applied: [two.name, three.name] });
      expect(await handle.withSession(({ query }) => query('select c from three'))).toEqual([{ c: 3 }]);
    });

    test('one that fails leaves nothing behind, keeps the earlier ones, and may be tried again', async () => {
      await using handle = await open();
      const good = file('20260101000000_good', 'create table good (a int)');
      const bad = file('20260102000000_bad', 'create table half (a int); insert into half values (1); insert into nowhere values (1)');
      const error = await migrate(handle, { log, migrations: [good, bad] }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(MigrationError);
      expect((error as Error).message).toMatch(/20260102000000_bad failed.*nowhere/);
      expect(await tables(handle)).toEqual(['_prisma_migrations', 'good']);
      expect((await records(handle)).map((record) => record['migration_name'])).toEqual([good.name]);
      const mended = { ...bad, sql: 'create table half (a int)' };
      expect(await migrate(handle, { log, migrations: [good, mended] })).toEqual({ applied: [bad.name] });
    });

    test('one whose file was changed afterwards is an error that names it; other line ends are no change', async () => {
      await using handle = await open();
      const one = file('20260101000000_one', 'create table one (a int)');
      await migrate(handle, { log, migrations: [one] });
      await migrate(handle, { log, migrations: [{ ...one, checksum: 'x', checksumOtherLineEnds: one.checksum }] });
      const changed = migrate(handle, { log, migrations: [{ ...one, checksum: 'changed', checksumOtherLineEnds: 'changed-crlf' }] });
      await expect(changed).rejects.toThrow(MigrationError);
      await expect(changed).rejects.toThrow(/20260101000000_one was changed/);
    });

    test('one that Prisma left failed is an error that names it, until it is resolved', async () => {
      await using handle = await open();
      const one = file('20260101000000_one', 'create table one (a int)');
      await migrate(handle, { log, migrations: [] });
      await handle.withSession(({ exec }) =>
        exec(`insert into _prisma_migrations (id, checksum, migration_name, logs) values ('x', 'one', '${one.name}', 'it broke')`),
      );
      const refused = migrate(handle, { log, migrations: [one] });
      await expect(refused).rejects.toThrow(MigrationError);
      await expect(refused).rejects.toThrow(/20260101000000_one failed earlier/);
      await handle.withSession(({ exec }) => exec('update _prisma_migrations set rolled_back_at = now()'));
      expect(await migrate(handle, { log, migrations: [one] })).toEqual({ applied: [one.name] });
    });

    test('an older build runs on a newer database, and says so', async () => {
      await using handle = await open();
      const one = file('20260101000000_one', 'create table one (a int)');
      const two = file('20260102000000_two', 'create table two (a int)');
      await migrate(handle, { log, migrations: [one, two] });
      const told = recordingLog();
      expect(await migrate(handle, { log: told, migrations: [one] })).toEqual({ applied: [] });
      expect(told.lines).toEqual([{ level: 'warn', fields: { migrations: [two.name] }, message: expect.stringMatching(/does not know/) }]);
    });

    test('where no older build may run on a newer database, it is refused by name, and nothing is applied', async () => {
      await using handle = await open();
      const [one, two, three] = ['one', 'two', 'three'].map((name, n) => file(`2026010${n}000000_${name}`, `create table ${name} (a int)`));
      await migrate(handle, { log, migrations: [one!, three!] });
      const before = [await tables(handle), await records(handle)];
      const refused = migrate(handle, { log, migrations: [one!, two!], newer: 'refuse' });
      await expect(refused).rejects.toThrow(MigrationError);
      await expect(refused).rejects.toThrow(
        /of a newer Parley: this one does not know the migration 20260102000000_three\. Nothing was changed/,
      );
      expect([await tables(handle), await records(handle)]).toEqual(before);
      expect(await migrate(handle, { log, migrations: [one!, three!], newer: 'refuse' })).toEqual({ applied: [] });
    });

    test('several at once apply each of them once', async () => {
      await using handle = await open();
      const migrations = Array.from({ length: 5 }, (_, n) =>
        file(`2026010${n}000000_m`, `create table t${n} (a int); insert into t${n} values (1)`),
      );
      const results = await Promise.all(Array.from({ length: 4 }, () => migrate(handle, { log, migrations })));
      expect(results.flatMap((result) => result.applied).toSorted()).toEqual(migrations.map((migration) => migration.name));
      expect(await records(handle)).toHaveLength(5);
    });
  });
}
