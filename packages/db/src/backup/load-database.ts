import type { DbSession } from '../handle.js';
import { applyMigration, migrationsTable } from '../migrate.js';
import { BackupError } from './backup-error.js';
import { type AppliedMigration, type DatabaseTable, knownMigrations, listTables, quoted } from './database-tables.js';

/** Makes the tables of these migrations, and nothing more, in a database that has none. */
export async function makeTables(session: DbSession, applied: readonly AppliedMigration[], whose: string): Promise<DatabaseTable[]> {
  const files = await knownMigrations(applied, whose);
  await session.exec(migrationsTable);
  for (const file of files) await applyMigration(session, file);
  return listTables(session, files);
}

/** What stands in the way of loading and is made again after it, as SQL. */
export interface SetAside {
  foreignKeys: string[];
  indexes: string[];
}

/**
 * Takes away what would refuse rows that come in any order, change them, or slow their loading down: references between tables, triggers,
 * and indexes that guard nothing.
 */
export async function setAside(session: DbSession, tables: readonly DatabaseTable[]): Promise<SetAside> {
  const names = [tables.map(({ name }) => name)];
  const keys = await session.query<{ on: string; name: string; definition: string }>(
    `select r.relname::text as "on", c.conname::text as name, pg_get_constraintdef(c.oid) as definition
     from pg_constraint c join pg_class r on r.oid = c.conrelid
     where c.contype = 'f' and r.relnamespace = current_schema()::regnamespace and r.relname::text = any($1::text[])
     order by c.conname::text collate "C"`,
    names,
  );
  const indexes = await session.query<{ name: string; definition: string }>(
    `select i.relname::text as name, pg_get_indexdef(i.oid) as definition
     from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class r on r.oid = x.indrelid
     where r.relnamespace = current_schema()::regnamespace and r.relname::text = any($1::text[]) and not x.indisunique
     order by i.relname::text collate "C"`,
    names,
  );
  for (const { on, name } of keys) await session.query(`alter table ${quoted(on)} drop constraint ${quoted(name)}`);
  for (const { name } of indexes) await session.query(`drop index ${quoted(name)}`);
  for (const { name } of tables) await session.query(`alter table ${quoted(name)} disable trigger user`);
  return {
    foreignKeys: keys.map(({ on, name, definition }) => `alter table ${quoted(on)} add constraint ${quoted(name)} ${definition}`),
    indexes: indexes.map(({ definition }) => definition),
  };
}

/** Makes again what was set aside. A reference to a row that is not there is an error. */
export async function putBack(session: DbSession, tables: readonly DatabaseTable[], { foreignKeys, indexes }: SetAside): Promise<void> {
  for (const { name } of tables) await session.query(`alter table ${quoted(name)} enable trigger user`);
  for (const statement of [...indexes, ...foreignKeys]) await session.query(statement);
  // A planner that knows nothing of a million rows reads them all for one.
  for (const { name } of tables) await session.query(`analyze ${quoted(name)}`);
}

/**
 * The columns of a table in the order in which rows bring them.
 *
 * @throws BackupError if the table has other columns
 */
export function orderedColumns(table: DatabaseTable, names: readonly string[], whose: string): DatabaseTable {
  const columns = names.map((name) => table.columns.find((column) => column.name === name));
  if (columns.length !== table.columns.length || columns.includes(undefined))
    throw new BackupError(`${whose} has other columns in ${table.name} than its migrations make: it was altered.`);
  return { ...table, columns: columns as DatabaseTable['columns'] };
}

/** Inserts rows, each a JSON array of texts in the order of the table's columns. */
export async function loadRows(session: DbSession, table: DatabaseTable, rows: readonly string[]): Promise<void> {
  const names = table.columns.map(({ name }) => quoted(name)).join(', ');
  const values = table.columns.map(({ type }, index) => `(r.value->>${index})::${type}`).join(', ');
  await session.query(`insert into ${quoted(table.name)} (${names}) select ${values} from json_array_elements($1::json) as r(value)`, [
    `[${rows.join(',')}]`,
  ]);
}
