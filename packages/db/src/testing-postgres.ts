import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import type { DbHandle } from './handle.js';
import { migrate } from './migrate.js';
import { readMigrations } from './migration-files.js';
import { createPostgresDb } from './postgres.js';

/** See createTestDatabase. */
export async function emptyPostgres(): Promise<{ url: string; drop(): Promise<void> }> {
  return await newDatabase('template1');
}

/** A migrated database whose `close` drops it. */
export async function freshPostgres(): Promise<DbHandle> {
  const database = await newDatabase(await migratedTemplate());
  try {
    const handle = await createPostgresDb({ url: database.url });
    const close = async () => {
      await handle.close();
      await database.drop();
    };
    let closing: Promise<void> | undefined;
    return { ...handle, close: () => (closing ??= close()) };
  } catch (error) {
    await database.drop();
    throw error;
  }
}

async function newDatabase(template: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `parley_test_${randomUUID().replaceAll('-', '')}`;
  await onServer((server) => server.query(`create database "${name}" template "${template}"`));
  return {
    url: withDatabase(serverUrl(), name),
    drop: () => onServer(async (server) => void (await server.query(`drop database if exists "${name}" with (force)`))),
  };
}

let template: Promise<string> | undefined;

/**
 * A database with all migrations, to be copied: to copy one takes a tenth of the time that migrations take. Its name says which
 * migrations it has, and it stays on the server for later runs.
 */
function migratedTemplate(): Promise<string> {
  template ??= makeTemplate();
  return template;
}

async function makeTemplate(): Promise<string> {
  const hash = createHash('sha256');
  for (const { name, checksum } of await readMigrations()) hash.update(name).update(checksum);
  const name = `parley_template_${hash.digest('hex').slice(0, 32)}`;
  await onServer(async (server) => {
    // Several processes of tests come at once: the first makes it, the others wait. The lock ends with the connection.
    await server.query('select pg_advisory_lock(hashtext($1))', [name]);
    const { rows } = await server.query('select 1 from pg_database where datname = $1 and not datallowconn', [name]);
    if (rows.length > 0) return;
    // What a process left unfinished allows connections still.
    await server.query(`drop database if exists "${name}" with (force)`);
    await server.query(`create database "${name}"`);
    const handle = await createPostgresDb({ url: withDatabase(serverUrl(), name) });
    try {
      await migrate(handle, { log: { info() {}, warn() {} } });
    } finally {
      await handle.close();
    }
    // A database to which nobody is connected can be copied; this keeps autovacuum out too.
    await server.query(`alter database "${name}" allow_connections false`);
  });
  return name;
}

function serverUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (url) return url;
  throw new Error('TEST_DATABASE_URL is not set; name a PostgreSQL 15 or later whose user may create databases, or run "npm test".');
}

async function onServer<T>(work: (server: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: serverUrl(), connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await work(client);
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
