import type { DbSession } from '../handle.js';
import { readMigrations } from '../migration-files.js';
import { listTables, quoted } from './database-tables.js';

/** Drops all that migrations have made: tables with their triggers and indexes, and functions. What else is in the schema stays. */
export async function dropTables(session: DbSession): Promise<void> {
  const files = await readMigrations();
  const made = new Set<string>();
  for (const { sql } of files)
    for (const [, name] of sql.matchAll(/\bcreate\s+(?:or\s+replace\s+)?function\s+"?(\w+)"?/gi)) made.add(name!);
  for (const { name } of await listTables(session, files)) await session.query(`drop table ${quoted(name)} cascade`);
  const functions = await session.query<{ signature: string }>(
    `select p.oid::regprocedure::text as signature from pg_proc p
     where p.pronamespace = current_schema()::regnamespace and p.proname::text = any($1::text[])`,
    [[...made]],
  );
  for (const { signature } of functions) await session.query(`drop function if exists ${signature} cascade`);
  await session.query('drop table _prisma_migrations');
}
