import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { DbHandle } from './handle.js';
import { migrate } from './migrate.js';
import { createPostgresDb } from './postgres.js';

/** See createTestDatabase. */
export async function emptyPostgres(): Promise<{ url: string; drop(): Promise<void> }> {
  const serverUrl = process.env['TEST_DATABASE_URL'];
  if (!serverUrl) {
    throw new Error('TEST_DATABASE_URL is not set; name a PostgreSQL 15 or later whose user may create databases, or run "npm test".');
  }
  const name = `parley_test_${randomUUID().replaceAll('-', '')}`;
  await onServer(serverUrl, `create database "${name}"`);
  return { url: withDatabase(serverUrl, name), drop: () => onServer(serverUrl, `drop database if exists "${name}" with (force)`) };
}

/** A migrated database whose `close` drops it. */
export async function freshPostgres(): Promise<DbHandle> {
  const database = await emptyPostgres();
  let handle: DbHandle | undefined;
  const close = async () => {
    await handle?.close();
    await database.drop();
  };
  try {
    handle = await createPostgresDb({ url: database.url });
    await migrate(handle, { log: { info() {}, warn() {} } });
  } catch (error) {
    await close();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return { ...handle, close: () => (closing ??= close()) };
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

/** Takes the URL apart by hand, because `URL` refuses one with a socket directory as its host. */
function withDatabase(url: string, name: string): string {
  const [, server, query] = /^([a-z]+:\/\/[^/?]*)(?:\/[^?]*)?(\?.*)?$/.exec(url) ?? [];
  if (server === undefined) throw new Error('TEST_DATABASE_URL must look like postgresql://user:password@host:port/database.');
  return `${server}/${name}${query ?? ''}`;
}
