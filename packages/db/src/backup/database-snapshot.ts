import type { DbHandle, DbSession } from '../handle.js';
import { BackupError } from './backup-error.js';
import { type AppliedMigration, appliedMigrations, type DatabaseTable, knownMigrations, listTables, quoted } from './database-tables.js';

/** A database as it was at one moment, whoever writes to it meanwhile. */
export interface DatabaseSnapshot {
  migrations: AppliedMigration[];
  tables: (DatabaseTable & { rows: number })[];
  /** All rows of a table, in portions that fit the memory. Each row is a JSON array of texts and nulls, on one line. */
  rows(table: DatabaseTable, order?: RowOrder): AsyncGenerator<string[], void>;
}

export interface RowOrder {
  /** Whether rows come in the order of their keys, which is the same on every database. */
  inOrder: boolean;
  /** Only rows behind that of this key come; null for all. */
  after: readonly string[] | null;
}

/** What values as texts depend on: with these, every value is read back as it was, on either database. */
export const textSettings = `set timezone = 'UTC'; set datestyle = 'ISO, MDY'; set intervalstyle = 'iso_8601'; set bytea_output = 'hex'; set extra_float_digits = 1`;

/** The most rows that are read at once, and about how many characters of them. */
const maxRows = 500;
const aboutChars = 1_000_000;

/**
 * Reads a database in one transaction, and so at one moment. It writes nothing and holds no lock that a server would wait for.
 *
 * @throws BackupError if there is nothing to read, or only a newer Parley can
 */
export async function withSnapshot<T>(handle: DbHandle, whose: string, work: (snapshot: DatabaseSnapshot) => Promise<T>): Promise<T> {
  return handle.withSession(async (session) => {
    await session.exec(textSettings);
    await session.query('begin isolation level repeatable read read only');
    try {
      const migrations = await appliedMigrations(session);
      if (migrations.length === 0) throw new BackupError(`${whose} has no data of Parley.`);
      const tables: DatabaseSnapshot['tables'] = [];
      for (const table of await listTables(session, await knownMigrations(migrations, whose))) {
        const [counted] = await session.query<{ rows: number | bigint | string }>(`select count(*) as rows from ${quoted(table.name)}`);
        tables.push({ ...table, rows: Number(counted!.rows) });
      }
      return await work({ migrations, tables, rows: (table, order) => readRows(session, table, order) });
    } finally {
      // After an error of the connection there is nothing to end.
      await session.query('rollback').catch(() => {});
    }
  });
}

/** A row as one line of JSON. */
function rowText(table: DatabaseTable): string {
  return `json_build_array(${table.columns.map(({ name }) => `${quoted(name)}::text`).join(', ')})::text`;
}

/** Reads a table inside a transaction. */
export async function* readRows(
  session: DbSession,
  table: DatabaseTable,
  { inOrder, after }: RowOrder = { inOrder: false, after: null },
): AsyncGenerator<string[], void> {
  const keys = table.key.map((key) => ({ key, type: table.columns.find(({ name }) => name === key)!.type }));
  // Databases sort texts by different rules, and all of them by their bytes.
  const sorted = keys.map(({ key, type }) => quoted(key) + (type === 'text' ? ' collate "C"' : '')).join(', ');
  const behind = keys.map(({ type }, index) => `$${index + 1}::${type}`).join(', ');
  await session.query(
    `declare parley_rows no scroll cursor for select ${rowText(table)} as "row" from ${quoted(table.name)}
     ${after ? `where (${sorted}) > (${behind})` : ''} ${inOrder ? `order by ${sorted}` : ''}`,
    after ?? [],
  );
  let count = 10;
  for (;;) {
    const rows = (await session.query<{ row: string }>(`fetch ${count} from parley_rows`)).map(({ row }) => row);
    if (rows.length === 0) break;
    yield rows;
    const chars = rows.reduce((sum, row) => sum + row.length, 0);
    // Large rows follow each other: the next portion goes by what this one held.
    count = Math.max(1, Math.min(maxRows, Math.floor((aboutChars * rows.length) / chars)));
  }
  await session.query('close parley_rows');
}
