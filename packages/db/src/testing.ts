import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { DbHandle } from './handle.js';
import { migrate } from './migrate.js';
import { readMigrations } from './migration-files.js';
import { pgliteHandle } from './pglite.js';

export type TestDb = DbHandle & AsyncDisposable;

const silent = { info() {}, warn() {} };

/**
 * A migrated, empty database of the test's own, gone after `close` or `await using`.
 *
 * `pglite` is in memory. `postgres` is a fresh database on the server that TEST_DATABASE_URL names; its user must be allowed
 * to create databases.
 */
export async function createTestDb(kind: 'pglite' | 'postgres' = 'pglite'): Promise<TestDb> {
  if (kind === 'pglite') return disposable(await clonedPglite());
  // Loaded only here, so that tests on PGlite do not wait for pg.
  const { freshPostgres } = await import('./testing-postgres.js');
  return disposable(await freshPostgres());
}

/** An empty database without tables on the server that TEST_DATABASE_URL names; `drop` ends its connections and removes it. */
export async function createTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const { emptyPostgres } = await import('./testing-postgres.js');
  return emptyPostgres();
}

/**
 * Making a database takes a second or two, loading the files of a migrated one a fraction. They are kept in the system's
 * temporary directory, named by what they depend on; several test workers at once each write their own and rename it.
 */
async function clonedPglite(): Promise<DbHandle> {
  const path = await templatePath();
  const template = await readTemplate(path);
  if (template) return pgliteHandle(await PGlite.create({ loadDataDir: template }));
  const pglite = await PGlite.create();
  const handle = pgliteHandle(pglite);
  await migrate(handle, { log: silent });
  const unfinished = `${path}.${randomUUID()}`;
  const dump = await pglite.dumpDataDir('none');
  await writeFile(unfinished, new Uint8Array(await dump.arrayBuffer()), { mode: 0o600 });
  await rename(unfinished, path);
  return handle;
}

async function templatePath(): Promise<string> {
  const hash = createHash('sha256');
  const pglitePackage = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
  hash.update(await readFile(join(pglitePackage, 'pglite.wasm')));
  for (const { name, checksum } of await readMigrations()) hash.update(name).update(checksum);
  const directory = join(tmpdir(), `parley-test-${userInfo().uid}`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return join(directory, `pglite-${hash.digest('hex').slice(0, 32)}.tar`);
}

async function readTemplate(path: string): Promise<Blob | null> {
  try {
    return new Blob([await readFile(path)]);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function disposable(handle: DbHandle): TestDb {
  return { ...handle, [Symbol.asyncDispose]: () => handle.close() };
}
