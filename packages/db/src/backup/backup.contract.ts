import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DbHandle } from '../handle.js';
import { migrate } from '../migrate.js';
import { readMigrations } from '../migration-files.js';
import { blankDatabase, openPglite, pgliteHandle } from '../pglite.js';
import { createTestDb } from '../testing.js';
import { withSnapshot } from './database-snapshot.js';
import { examineBackup, restoreBackup } from './restore-backup.js';
import { fillOddly } from './testing-odd-rows.js';
import { writeBackup } from './write-backup.js';

const progress = { at() {} };
const log = { info() {}, warn() {} };

/** All rows of a database, by table, and its migrations. */
export async function contents(handle: DbHandle) {
  return withSnapshot(handle, 'it', async (snapshot) => {
    const rows: Record<string, string[]> = {};
    for (const table of snapshot.tables) {
      rows[table.name] = [];
      for await (const portion of snapshot.rows(table)) rows[table.name]!.push(...portion);
      rows[table.name]!.sort();
    }
    return { rows, migrations: snapshot.migrations };
  });
}

/** What its tables are made of. */
export const structure = (handle: DbHandle) =>
  handle.withSession(async ({ query }) => {
    // Later servers list what is not null among the constraints, too.
    const parts = await query<{ part: string }>(`
      select conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid) as part from pg_constraint
        where connamespace = 'public'::regnamespace and contype <> 'n'
      union all select pg_get_indexdef(i.oid) from pg_class i where i.relnamespace = 'public'::regnamespace and i.relkind = 'i'
      union all select tgname || ' ' || tgenabled::text from pg_trigger where not tgisinternal
      union all select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'public'::regnamespace`);
    return parts.map(({ part }) => part).toSorted();
  });

/** @param empty a database without tables */
export function backupSuite(kind: 'pglite' | 'postgres', empty: () => Promise<DbHandle & AsyncDisposable>): void {
  describe(`a backup of ${kind}`, () => {
    let folder: string;
    let made: string;
    let source: DbHandle & AsyncDisposable;
    let before: Awaited<ReturnType<typeof contents>>;
    const options = (file: string) => ({ file, whose: 'it', progress });

    beforeAll(async () => {
      made = await mkdtemp(join(tmpdir(), 'parley-backup-'));
      source = await createTestDb(kind);
      await fillOddly(source);
      before = await contents(source);
      await writeBackup(source, options(join(made, 'backup.gz')));
    });
    afterAll(async () => {
      await source?.close();
      await rm(made, { recursive: true, force: true });
    });
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'parley-backup-'));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    test('has every row as it is, and restores to the same rows, constraints, indexes, triggers and functions', async () => {
      const manifest = await examineBackup(join(made, 'backup.gz'));
      expect(Object.fromEntries(manifest.tables.map(({ name, rows }) => [name, rows]))).toEqual(
        Object.fromEntries(Object.entries(before.rows).map(([name, rows]) => [name, rows.length])),
      );
      expect((await stat(join(made, 'backup.gz'))).mode & 0o777).toBe(0o600);
      await using target = await empty();
      await restoreBackup(target, { ...options(join(made, 'backup.gz')), there: 'refuse' });
      expect(await contents(target)).toEqual(before);
      expect(await structure(target)).toEqual(await structure(source));
      // What was set aside while rows came in refuses again.
      await expect(target.db.$executeRawUnsafe(`update users set username = 'nobody' where username = 'ann'`)).rejects.toThrow(
        /foreign key/i,
      );
    });

    test('goes only where nothing is, or replaces what it was told to, in one step', async () => {
      await using target = await empty();
      await migrate(target, { log });
      await target.db.$executeRawUnsafe(`insert into handles (handle) values ('there')`);
      await target.db.$executeRawUnsafe(`create table of_somebody (id int)`);
      const there = await contents(target);
      const given = options(join(made, 'backup.gz'));
      await expect(restoreBackup(target, { ...given, there: 'refuse' })).rejects.toThrow(/^it has data of Parley already/);
      const failing = {
        at(table: string) {
          if (table === 'users') throw new Error('the machine is gone');
        },
      };
      await expect(restoreBackup(target, { ...given, progress: failing, there: 'drop' })).rejects.toThrow('the machine is gone');
      expect(await contents(target)).toEqual(there);
      await restoreBackup(target, { ...given, there: 'drop' });
      expect(await contents(target)).toEqual(before);
      expect(await target.db.$executeRawUnsafe(`drop table of_somebody`)).toBe(0);
      expect(await structure(target)).toEqual(await structure(source));
    });

    test('of an earlier Parley is brought to the schema of this one', async () => {
      const files = await readMigrations();
      // When a column of messages was computed, and jobs had a table for each kind.
      const then = files.slice(
        0,
        files.findIndex(({ name }) => name.includes('kinds_of_sessions')),
      );
      const file = join(folder, 'backup.gz');
      await using earlier = await empty();
      await migrate(earlier, { log, migrations: then });
      await earlier.db.$executeRawUnsafe(`insert into handles (handle) values ('old')`);
      await earlier.db.$executeRawUnsafe(
        `insert into users (id, username, display_name, avatar) values ('0199e5c4-7a3b-7c11-8a55-00000000000a', 'old', 'Old', '{"hue": 1}')`,
      );
      await earlier.db.$executeRawUnsafe(
        `insert into rooms (id, name, visibility, rev) values ('0199e5c4-7a3b-7c11-8a55-000000000001', 'Room', 'public', 1)`,
      );
      await earlier.db.$executeRawUnsafe(
        `insert into messages (id, room_id, seq, rev, kind, author_type, author_id, author_name, author_handle, author_avatar, content)
         values ('0199e5c4-7a3b-7c11-8a55-00000000000b', '0199e5c4-7a3b-7c11-8a55-000000000001', 1, 1, 'text', 'user',
           '0199e5c4-7a3b-7c11-8a55-00000000000a', 'Old', 'old', '{"hue": 1}', 'said long ago')`,
      );
      const { manifest } = await writeBackup(earlier, options(file));
      expect(manifest.migrations.map(({ name }) => name)).toEqual(then.map(({ name }) => name));
      // An upgrade in place is the measure.
      await migrate(earlier, { log });
      await using target = await empty();
      await restoreBackup(target, { ...options(file), there: 'refuse' });
      expect((await contents(target)).rows).toEqual((await contents(earlier)).rows);
      expect(await structure(target)).toEqual(await structure(earlier));
    });

    test('of a newer Parley is refused with a sentence, and so is the database of one', async () => {
      const file = join(folder, 'newer.gz');
      await rewrite(join(made, 'backup.gz'), file, (text) =>
        sealed(text.replace(/"migrations":\[/, '"migrations":[{"name":"29990101000000_flying","checksum":"0"},')),
      );
      await expect(examineBackup(file)).rejects.toThrow(/newer Parley: this one does not know the migration 29990101000000_flying/);
      await rewrite(join(made, 'backup.gz'), file, (text) => text.replace('"version":1', '"version":2'));
      await expect(examineBackup(file)).rejects.toThrow(/has the format 2, and this Parley reads 1/);

      await using newer = await empty();
      await migrate(newer, {
        log,
        migrations: [{ name: '29990101000000_flying', sql: 'select 1', checksum: '0', checksumOtherLineEnds: '0' }],
      });
      await expect(writeBackup(newer, options(join(folder, 'of newer.gz')))).rejects.toThrow(/newer Parley/);
      await expect(restoreBackup(newer, { ...options(join(made, 'backup.gz')), there: 'drop' })).rejects.toThrow(/newer Parley/);
      expect(await readdir(folder)).toEqual(['newer.gz']);
    });

    test('with nothing to keep is refused, and so is a file that is there', async () => {
      await using nothing = await empty();
      const file = join(folder, 'backup.gz');
      await expect(writeBackup(nothing, options(file))).rejects.toThrow('it has no data of Parley.');
      await writeFile(file, 'of somebody');
      await expect(writeBackup(source, options(file))).rejects.toThrow(`${file} is there already`);
      expect(await readFile(file, 'utf8')).toBe('of somebody');
      await expect(writeBackup(source, options(join(folder, 'no', 'backup.gz')))).rejects.toThrow(/cannot be written \(ENOENT\)/);
      expect(await readdir(folder)).toEqual(['backup.gz']);
    });

    test('that breaks off leaves no file', async () => {
      const breaking = {
        at(table: string) {
          if (table === 'rooms') throw new Error('broken off');
        },
      };
      await expect(writeBackup(source, { ...options(join(folder, 'backup.gz')), progress: breaking })).rejects.toThrow('broken off');
      expect(await readdir(folder)).toEqual([]);
      // The connection is usable, and holds no snapshot. What a killed command left for all to read is not written into.
      const file = join(folder, 'backup.gz');
      await writeFile(`${file}.unfinished`, 'half', { mode: 0o644 });
      await writeBackup(source, options(file));
      expect([await readdir(folder), (await stat(file)).mode & 0o777]).toEqual([['backup.gz'], 0o600]);
    });
  });
}

/** What a file that is read must refuse, wherever it is damaged: it needs no database. */
export function damagedBackupSuite(): void {
  describe('a damaged backup', () => {
    let folder: string;
    let whole: Buffer;
    const file = () => join(folder, 'damaged.gz');

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'parley-backup-'));
      await using source = await createTestDb('pglite');
      await fillOddly(source);
      await writeBackup(source, { file: join(folder, 'whole.gz'), whose: 'it', progress });
      whole = await readFile(join(folder, 'whole.gz'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    test('that was cut off anywhere, or has one byte more, is refused', async () => {
      for (let length = 0; length < whole.length; length += 97) {
        await writeFile(file(), whole.subarray(0, length));
        await expect(examineBackup(file()), String(length)).rejects.toThrow(/is cut off or was altered|is no backup of Parley/);
      }
      await writeFile(file(), Buffer.concat([whole, Buffer.from([0])]));
      await expect(examineBackup(file())).rejects.toThrow(/was altered/);
    });

    test('with one byte altered anywhere is refused', async () => {
      // The two bytes that say how hard and on which system it was compressed say nothing about what is in it.
      for (let at = 0; at < whole.length; at += at < 8 ? 1 : at === 8 ? 2 : 89) {
        if (at === 8) continue;
        const altered = Buffer.from(whole);
        altered[at]! ^= 0x10;
        await writeFile(file(), altered);
        await expect(examineBackup(file()), String(at)).rejects.toThrow(/is cut off or was altered|is no backup of Parley/);
      }
    });

    test('whose text was altered, and packed again, is refused', async () => {
      const alterations: [string, (text: string) => string][] = [
        ['a word', (text) => text.replace('odd', 'even')],
        ['a row less', (text) => text.replace(/^\[.*\n/m, '')],
        ['a row twice', (text) => text.replace(/^(\[.*\n)/m, '$1$1')],
        ['no end', (text) => text.replace(/.*\n$/, '')],
        ['something behind the end', (text) => `${text}[]\n`],
        ['two tables in each other’s place', (text) => text.replace(/(.*"tableEnd".*\n)(.*"tableEnd".*\n)/, '$2$1')],
        ['the time', (text) => text.replace(/"madeAt":"2/, '"madeAt":"3')],
        ['nothing but the manifest', (text) => text.slice(0, text.indexOf('\n') + 1)],
        ['no text', () => ''],
        ['something else', () => '{"type":"account"}\n'],
        ['no JSON', () => 'hello\n'],
      ];
      for (const [what, alter] of alterations) {
        await rewrite(join(folder, 'whole.gz'), file(), alter);
        await expect(examineBackup(file()), what).rejects.toThrow(/is cut off or was altered|is no backup of Parley/);
      }
    });

    test('is another thing than no file, or one that cannot be read', async () => {
      await expect(examineBackup(join(folder, 'none.gz'))).rejects.toThrow(`There is no file ${join(folder, 'none.gz')}.`);
      await expect(examineBackup(folder)).rejects.toThrow(/cannot be read \(EISDIR\)/);
      await chmod(join(folder, 'whole.gz'), 0o600);
      await examineBackup(join(folder, 'whole.gz'));
    });
  });
}

async function rewrite(from: string, to: string, alter: (text: string) => string): Promise<void> {
  await writeFile(to, gzipSync(alter(gunzipSync(await readFile(from)).toString('utf8'))));
}

/** A text whose last line has the checksum of what it is now. */
function sealed(text: string): string {
  const before = text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1);
  const sha256 = createHash('sha256').update(before).digest('hex');
  return before + text.slice(before.length).replace(/"sha256":"\w+"/, `"sha256":"${sha256}"`);
}

/** A PGlite in memory without tables. */
export async function emptyPglite(): Promise<DbHandle & AsyncDisposable> {
  const handle = pgliteHandle(await openPglite({ loadDataDir: await blankDatabase() }));
  return { ...handle, [Symbol.asyncDispose]: () => handle.close() };
}
