import type { DbHandle, DbSession } from '../handle.js';
import { lockKey, migrate } from '../migrate.js';
import { readMigrations } from '../migration-files.js';
import { BackupError } from './backup-error.js';
import type { BackupManifest } from './backup-format.js';
import { textSettings } from './database-snapshot.js';
import { type AppliedMigration, appliedMigrations, type DatabaseTable, knownMigrations, listTables, quoted } from './database-tables.js';
import { dropTables } from './drop-tables.js';
import { loadRows, makeTables, orderedColumns, putBack, setAside } from './load-database.js';
import type { Progress } from './progress.js';
import { checkBackup, readBackup } from './read-backup.js';
import { refuseOthers } from './refuse-others.js';

/**
 * Reads a whole backup, and says whether this Parley can restore it.
 *
 * @throws BackupError if it is damaged, or of a newer Parley
 */
export async function examineBackup(file: string): Promise<BackupManifest> {
  const manifest = await checkBackup(file);
  await knownMigrations(manifest.migrations, file);
  return manifest;
}

/** Whether data of these migrations need no others to be of this Parley. */
export async function isOfThisBuild(migrations: readonly AppliedMigration[]): Promise<boolean> {
  return (await readMigrations()).length === migrations.length;
}

/**
 * Puts a backup into a database, in one transaction: all of it is there afterwards, or nothing was changed. Then it is brought to the
 * schema of this Parley. A server that starts meanwhile waits.
 *
 * @param there what becomes of data that the database holds: the restore is refused, or they are dropped; `blank`: it was made for this and has
 *   no rows
 * @throws BackupError if it is refused, or the file turns out to be damaged
 */
export async function restoreBackup(
  handle: DbHandle,
  { file, whose, there, progress }: { file: string; whose: string; there: 'refuse' | 'drop' | 'blank'; progress: Progress },
): Promise<void> {
  await handle.withSession(async (session) => {
    await session.exec(textSettings);
    await session.query(`select pg_advisory_lock(${lockKey})::text`);
    try {
      await session.query('begin');
      try {
        const applied = await appliedMigrations(session);
        if (applied.length > 0 && there !== 'blank') {
          if (there === 'refuse')
            throw new BackupError(`${whose} has data of Parley already. Nothing of it was changed. To lose it: --drop ${whose}`);
          await knownMigrations(applied, whose);
          await refuseOthers(session, handle, whose);
          await dropTables(session);
        }
        await load(session, file, progress);
        await session.query('commit');
      } catch (error) {
        await session.query('rollback').catch(() => {});
        throw error;
      }
    } finally {
      await session.query(`select pg_advisory_unlock(${lockKey})`).catch(() => {});
    }
  });
  await migrate(handle, { log: { info() {}, warn() {} } });
}

async function load(session: DbSession, file: string, progress: Progress): Promise<void> {
  let loading: { tables: Map<string, DatabaseTable>; putBack(): Promise<void>; rows: Map<string, number> } | null = null;
  for await (const part of readBackup(file)) {
    if (part.type === 'manifest') {
      const { migrations, tables } = part.manifest;
      const made = await tablesOf(session, migrations, file);
      const aside = await setAside(session, made);
      loading = {
        tables: new Map(
          tables.map(({ name, columns }) => {
            const table = made.find((candidate) => candidate.name === name);
            if (!table) throw new BackupError(`${file} has a table ${name} that its migrations do not make: it was altered.`);
            return [name, orderedColumns(table, columns, file)];
          }),
        ),
        rows: new Map(tables.map(({ name, rows }) => [name, rows])),
        putBack: () => putBack(session, made, aside),
      };
      // What migrations put into tables is in the file as it has become.
      for (const { name } of made) await session.query(`truncate ${quoted(name)}`);
    } else if (loading) {
      await loadRows(session, loading.tables.get(part.table)!, part.rows);
      progress.at(part.table, part.done, loading.rows.get(part.table) ?? null);
    }
  }
  await loading?.putBack();
}

/** The tables of these migrations, made unless they are there. */
async function tablesOf(session: DbSession, migrations: readonly AppliedMigration[], whose: string): Promise<DatabaseTable[]> {
  if ((await appliedMigrations(session)).length === 0) return makeTables(session, migrations, whose);
  return listTables(session, await knownMigrations(migrations, whose));
}
