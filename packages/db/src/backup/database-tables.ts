import type { DbSession } from '../handle.js';
import { type MigrationFile, readMigrations } from '../migration-files.js';
import { BackupError } from './backup-error.js';

export interface TableColumn {
  name: string;
  /** As SQL writes it, such as `timestamp(3) with time zone`. */
  type: string;
}

/** A table whose rows are kept. */
export interface DatabaseTable {
  name: string;
  /** In order; without those that the database computes by itself. */
  columns: TableColumn[];
  /** Names of the columns of its primary key, in order. */
  key: string[];
}

/** A migration as the database has recorded it. */
export interface AppliedMigration {
  name: string;
  checksum: string;
}

/** The migrations that were applied to a database, by name; none for one that has no tables of ours. */
export async function appliedMigrations(session: DbSession): Promise<AppliedMigration[]> {
  const [there] = await session.query<{ there: boolean }>(`select to_regclass('_prisma_migrations') is not null as there`);
  if (!there?.there) return [];
  return session.query<AppliedMigration>(
    `select migration_name::text as name, checksum::text as checksum from _prisma_migrations
     where rolled_back_at is null and finished_at is not null order by migration_name collate "C"`,
  );
}

/**
 * The files of these migrations, in the order in which they are applied.
 *
 * @param whose how the sentence names the thing that has them, at its beginning
 * @throws BackupError if this build does not know one of them: what it would read, write or make is not what a newer one means
 */
export async function knownMigrations(applied: readonly AppliedMigration[], whose: string): Promise<MigrationFile[]> {
  const files = new Map((await readMigrations()).map((file) => [file.name, file]));
  return applied.map(({ name, checksum }) => {
    const file = files.get(name);
    if (!file)
      throw new BackupError(
        `${whose} is of a newer Parley: this one does not know the migration ${name}. Use that newer one, or one after it.`,
      );
    if (checksum !== file.checksum && checksum !== file.checksumOtherLineEnds)
      throw new BackupError(`${whose} has another migration ${name} than this Parley: use the Parley that made it.`);
    return file;
  });
}

/** The tables that these migrations have made and that are there, by name. What else is in the database is none of ours. */
export async function listTables(session: DbSession, migrations: readonly MigrationFile[]): Promise<DatabaseTable[]> {
  const made = new Set<string>();
  for (const { sql } of migrations) {
    for (const [, name] of sql.matchAll(/\b(?:create\s+table|rename\s+to)\s+"?(\w+)"?/gi)) made.add(name!.toLowerCase());
  }
  return session.query<DatabaseTable>(
    `select c.relname::text as name,
       (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum)
        from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
       (select json_agg(a.attname order by array_position(i.indkey::int2[], a.attnum))
        from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey::int2[])
        where i.indrelid = c.oid and i.indisprimary) as key
     from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname::text = any($1::text[])
     order by c.relname::text collate "C"`,
    [[...made]],
  );
}

/** A name as SQL takes it, whatever is in it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
