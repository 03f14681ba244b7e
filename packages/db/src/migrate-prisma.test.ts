import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type SchemaEngine, loadSchemaEngine } from '../scripts/schema-engine.mjs';
import type { DbHandle } from './handle.js';
import { migrate } from './migrate.js';
import { readMigrations } from './migration-files.js';
import { blankDatabase, pgliteHandle, pgliteStart } from './pglite.js';

const log = { info() {}, warn() {} };
let pglite: PGlite;
let handle: DbHandle;
let prisma: SchemaEngine;

beforeAll(async () => {
  pglite = await PGlite.create({ ...pgliteStart, loadDataDir: await blankDatabase() });
  handle = pgliteHandle(pglite);
  const open = await loadSchemaEngine();
  prisma = await open(pglite);
});
afterAll(() => handle?.close());
beforeEach(() => pglite.exec('drop schema public cascade; create schema public'));

test('the migrations make exactly what schema.prisma says', async () => {
  expect(await prisma.missingSql()).toBe('');
});

test('`prisma migrate deploy` finds nothing to do after ours', async () => {
  await migrate(handle, { log });
  expect(await prisma.deploy()).toEqual([]);
});

test('ours finds nothing to do after `prisma migrate deploy`, and the records are alike', async () => {
  const records = async () =>
    (
      await pglite.query(
        'select checksum, migration_name, logs, rolled_back_at, applied_steps_count from _prisma_migrations order by migration_name',
      )
    ).rows;
  const names = (await readMigrations()).map((migration) => migration.name);
  expect(await prisma.deploy()).toEqual(names);
  const theirs = await records();
  expect(await migrate(handle, { log })).toEqual({ applied: [] });

  await pglite.exec('drop schema public cascade; create schema public');
  expect(await migrate(handle, { log })).toEqual({ applied: names });
  expect(await records()).toEqual(theirs);
});
