import { createHash } from 'node:crypto';
import type { DbHandle, DbSession } from '../handle.js';
import { lockKey, migrate, moveMarker } from '../migrate.js';
import { BackupError } from './backup-error.js';
import { type DatabaseSnapshot, readRows, textSettings, withSnapshot } from './database-snapshot.js';
import { appliedMigrations, type DatabaseTable, knownMigrations, listTables, quoted } from './database-tables.js';
import { loadRows, makeTables, putBack, setAside, type SetAside } from './load-database.js';
import type { Progress } from './progress.js';
import { refuseOthers } from './refuse-others.js';

export interface Move {
  from: DbHandle;
  to: DbHandle;
  /** How sentences name the two. */
  fromName: string;
  toName: string;
  progress: Progress;
}

/**
 * Moves all that one database holds into another, which is empty: copies it range by range, then compares every row of both. What was
 * interrupted goes on where it was. Until it is done no server starts on the new one; the old one is left as it is.
 *
 * @returns how many rows were moved and compared
 * @throws BackupError if a server uses the old one, the new one has data, or the two differ in the end
 */
export async function moveDatabase(move: Move): Promise<number> {
  const { from, to, fromName, toName } = move;
  await from.withSession((session) => refuseOthers(session, from, fromName));
  const moved = await withSnapshot(from, fromName, (snapshot) =>
    to.withSession(async (target) => {
      await target.exec(textSettings);
      const [locked] = await target.query<{ locked: boolean }>(`select pg_try_advisory_lock(${lockKey}) as locked`);
      if (!locked?.locked) throw new BackupError(`${toName} is in use: a server starts there, or another move is under way.`);
      try {
        const tables = await begin(target, snapshot, move);
        for (const table of tables) await copyTable(target, snapshot, table, move);
        for (const table of tables) await compareTable(target, snapshot, table, move);
        await finish(target, tables);
        return snapshot.tables.reduce((sum, { rows }) => sum + rows, 0);
      } finally {
        await target.query(`select pg_advisory_unlock(${lockKey})`).catch(() => {});
      }
    }),
  );
  await migrate(to, { log: { info() {}, warn() {} } });
  return moved;
}

/** The table of a move that is not finished: a row for each table with the key of the last row that is there, and one for all. */
const whole = '(whole)';

/** Makes the tables of the new database, or finds those of a move that was interrupted. */
async function begin(target: DbSession, { migrations }: DatabaseSnapshot, { fromName, toName }: Move): Promise<DatabaseTable[]> {
  const [begun] = await target.query<{ there: boolean }>(`select to_regclass('parley_move') is not null as there`);
  if (begun?.there) {
    const [row] = await target.query<{ state: { from: string } }>('select state from parley_move where name = $1', [whole]);
    if (row?.state.from !== fromName)
      throw new BackupError(`A move of ${row?.state.from} into ${toName} is not finished: finish it, or drop ${toName} and begin anew.`);
    return listTables(target, await knownMigrations(migrations, fromName));
  }
  if ((await appliedMigrations(target)).length > 0)
    throw new BackupError(`${toName} has data of Parley already. Nothing of it was changed: name an empty one.`);
  return inTransaction(target, async () => {
    const tables = await makeTables(target, migrations, fromName);
    const aside = await setAside(target, tables);
    // What migrations put into tables is in the rows as it has become.
    for (const { name } of tables) await target.query(`truncate ${quoted(name)}`);
    await target.query('create table parley_move (name text primary key, state jsonb not null)');
    await target.query('insert into parley_move values ($1, $2::jsonb)', [whole, JSON.stringify({ from: fromName, aside })]);
    // To every version of Parley this is a migration that failed: none starts here.
    await target.query(`insert into _prisma_migrations (id, checksum, migration_name) values ('parley-move', '', $1)`, [moveMarker]);
    return tables;
  });
}

async function copyTable(target: DbSession, snapshot: DatabaseSnapshot, table: DatabaseTable, { progress }: Move): Promise<void> {
  const [before] = await target.query<{ state: { key: string[]; rows: number } }>('select state from parley_move where name = $1', [
    table.name,
  ]);
  let rows = before?.state.rows ?? 0;
  const total = snapshot.tables.find(({ name }) => name === table.name)?.rows ?? null;
  for await (const portion of snapshot.rows(table, { inOrder: true, after: before?.state.key ?? null })) {
    rows += portion.length;
    const state = JSON.stringify({ key: keyOf(table, portion.at(-1)!), rows });
    await inTransaction(target, async () => {
      await loadRows(target, table, portion);
      await target.query('insert into parley_move values ($1, $2::jsonb) on conflict (name) do update set state = excluded.state', [
        table.name,
        state,
      ]);
    });
    progress.at(table.name, rows, total);
  }
}

/** The values of a row's key, as texts. */
function keyOf(table: DatabaseTable, row: string): string[] {
  const values = JSON.parse(row) as string[];
  return table.key.map((key) => values[table.columns.findIndex(({ name }) => name === key)]!);
}

/** Rows that are compared at once. */
const rangeRows = 1_000;

async function compareTable(
  target: DbSession,
  snapshot: DatabaseSnapshot,
  table: DatabaseTable,
  { progress, fromName, toName }: Move,
): Promise<void> {
  const copied = ranges(readInOrder(target, table));
  let rows = 0;
  for await (const range of ranges(snapshot.rows(table, { inOrder: true, after: null }))) {
    const other = (await copied.next()).value;
    if (!other || other.sha256 !== range.sha256 || other.rows !== range.rows)
      throw new BackupError(
        `${toName} does not have what ${fromName} has: rows ${rows + 1} to ${rows + range.rows} of ${table.name} differ. Was it written to meanwhile? Drop ${toName}, and move again.`,
      );
    rows += range.rows;
    progress.at(`${table.name} compared`, rows, null);
  }
  if (!(await copied.next()).done)
    throw new BackupError(`${toName} has more rows in ${table.name} than ${fromName}. Drop ${toName}, and move again.`);
}

async function* readInOrder(session: DbSession, table: DatabaseTable): AsyncGenerator<string[], void> {
  await session.query('begin isolation level repeatable read read only');
  try {
    yield* readRows(session, table, { inOrder: true, after: null });
  } finally {
    await session.query('rollback').catch(() => {});
  }
}

async function* ranges(portions: AsyncGenerator<string[], void>): AsyncGenerator<{ rows: number; sha256: string }, void> {
  let hash = createHash('sha256');
  let rows = 0;
  for await (const portion of portions) {
    for (const row of portion) {
      hash.update(row).update('\n');
      if (++rows < rangeRows) continue;
      yield { rows, sha256: hash.digest('hex') };
      hash = createHash('sha256');
      rows = 0;
    }
  }
  if (rows > 0) yield { rows, sha256: hash.digest('hex') };
}

async function finish(target: DbSession, tables: DatabaseTable[]): Promise<void> {
  await inTransaction(target, async () => {
    const [row] = await target.query<{ state: { aside: SetAside } }>('select state from parley_move where name = $1', [whole]);
    await putBack(target, tables, row!.state.aside);
    await target.query('drop table parley_move');
    await target.query('delete from _prisma_migrations where migration_name = $1', [moveMarker]);
  });
}

async function inTransaction<T>(session: DbSession, work: () => Promise<T>): Promise<T> {
  await session.query('begin');
  try {
    const result = await work();
    await session.query('commit');
    return result;
  } catch (error) {
    await session.query('rollback').catch(() => {});
    throw error;
  }
}
