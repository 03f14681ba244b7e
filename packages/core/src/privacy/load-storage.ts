import type { StorageView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { ensureAdmin } from '../accounts/admin-guard.js';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import type { Actor } from '../sessions/actor.js';
import { storedTables } from './stored-tables.js';

/** A smaller table is counted; of a larger one the database's own estimate is told, which costs nothing. */
const countedBytes = 1024 * 1024;

/**
 * What the database holds: each table with its size, its rows, its oldest row where that is known without reading the table, and how it shrinks.
 *
 * @throws AppError FORBIDDEN; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function loadStorage(deps: Pick<CoreDeps, 'db'>, by: Actor): Promise<StorageView> {
  const { db } = deps;
  await ensureAdmin(deps, by, 'storage.show');
  const names = Object.keys(storedTables);
  const [{ bytes } = { bytes: 0 }] = await db.$queryRaw<{ bytes: number }[]>(
    Prisma.sql`select pg_database_size(current_database())::float8 as bytes`,
  );
  const sizes = await db.$queryRaw<{ name: string; bytes: number; estimate: number }[]>(Prisma.sql`
    select c.relname::text as name, pg_total_relation_size(c.oid)::float8 as bytes, c.reltuples::float8 as estimate
    from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname::text = any(${names}::text[])
    limit ${names.length}::int`);
  const counted = sizes.filter((table) => table.bytes < countedBytes || table.estimate < 0).map(({ name }) => name);
  const counts = await union<{ name: string; rows: number }>(
    deps,
    counted.map((name) => `(select '${name}' as name, count(*)::float8 as rows from ${name})`),
  );
  const oldest = await union<{ name: string; oldest: Instant }>(
    deps,
    names.flatMap((name) => {
      const column = storedTables[name]!.oldest;
      return column && sizes.some((table) => table.name === name)
        ? [`(select '${name}' as name, t.${column} as oldest from ${name} t order by t.id limit 1)`]
        : [];
    }),
  );
  const rowsOf = new Map(counts.map(({ name, rows }) => [name, rows]));
  const oldestOf = new Map(oldest.map(({ name, oldest: at }) => [name, toIso(at)]));
  const tables = sizes
    .map(({ name, bytes: size, estimate }) => ({
      name,
      bytes: size,
      rows: Math.max(0, Math.round(rowsOf.get(name) ?? estimate)),
      estimated: !rowsOf.has(name),
      oldest: oldestOf.get(name) ?? null,
      shrinks: storedTables[name]!.shrinks,
    }))
    .sort((one, other) => other.bytes - one.bytes || (one.name < other.name ? -1 : 1));
  return { bytes, tables };
}

/** Rows of several selects; the names in them are those of {@link storedTables}. */
async function union<Row>({ db }: Pick<CoreDeps, 'db'>, selects: readonly string[]): Promise<Row[]> {
  if (selects.length === 0) return [];
  return await db.$queryRaw<Row[]>(Prisma.sql`${Prisma.raw(selects.join(' union all '))} limit ${selects.length}::int`);
}
