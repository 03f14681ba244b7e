import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import type { DbHandle } from './handle.js';
import { migrate } from './migrate.js';
import { readMigrations } from './migration-files.js';
import { pgliteHandle } from './pglite.js';
import { type PostgresOptions, createPostgresDb } from './postgres.js';

export type TestDb = DbHandle & AsyncDisposable;

const silent = { info() {}, warn() {} };

/**
 * A migrated, empty database of the test's own, gone after `close` or `await using`.
 *
 * `pglite` is in memory. `postgres` is a fresh database on the server that TEST_DATABASE_URL names; its user must be allowed
 * to create databases.
 */
export async function createTestDb(kind: 'pglite' | 'postgres' = 'pglite'): Promise<TestDb> {
  return kind === 'pglite' ? disposable(await clonedPglite()) : disposable(await freshPostgres());
}

/** As {@link createTestDb} makes it on PostgreSQL, but only its URL: for tests that open it several times, or start processes on it. */
export async function createTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const serverUrl = process.env['TEST_DATABASE_URL'];
  if (!serverUrl) {
    throw new Error('TEST_DATABASE_URL is not set; name a PostgreSQL 15 or later whose user may create databases, or run "npm test".');
  }
  const name = `parley_test_${randomUUID().replaceAll('-', '')}`;
  await onServer(serverUrl, `create database "${name}"`);
  return { url: withDatabase(serverUrl, name), drop: () => onServer(serverUrl, `drop database if exists "${name}" with (force)`) };
}

async function freshPostgres(options: Partial<PostgresOptions> = {}): Promise<DbHandle> {
  const database = await createTestDatabase();
  try {
    const handle = await createPostgresDb({ ...options, url: database.url });
    await migrate(handle, { log: silent });
    let closing: Promise<void> | undefined;
    return {
      ...handle,
      close() {
        closing ??= handle.close().finally(() => database.drop());
        return closing;
      },
    };
  } catch (error) {
    await database.drop();
    throw error;
  }
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
  const pgliteFiles = new URL('./pglite.wasm', import.meta.resolve('@electric-sql/pglite'));
  hash.update(await readFile(pgliteFiles));
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

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** By hand, as a URL with a socket directory for its host is none to `URL`. */
function withDatabase(url: string, name: string): string {
  const [, server, query] = /^([a-z]+:\/\/[^/?]*)(?:\/[^?]*)?(\?.*)?$/.exec(url) ?? [];
  if (server === undefined) throw new Error('TEST_DATABASE_URL must look like postgresql://user:password@host:port/database.');
  return `${server}/${name}${query ?? ''}`;
}

function disposable(handle: DbHandle): TestDb {
  return { ...handle, [Symbol.asyncDispose]: () => handle.close() };
}
