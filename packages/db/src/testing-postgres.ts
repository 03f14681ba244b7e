import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Prisma } from './generated/client.js';
import type { DbHandle } from './handle.js';
import { migrate } from './migrate.js';
import { readMigrations } from './migration-files.js';
import { createPostgresDb } from './postgres.js';
import { beyondReset, emptyTables } from './testing-reset.js';

/** See createTestDatabase. */
export async function emptyPostgres(): Promise<{ url: string; drop(): Promise<void> }> {
  return await newDatabase('template1');
}

/** Statements that leave something behind in their session, where the next borrower would meet it. */
const leavesSession = /^\s*(?:begin|discard|listen|lock|prepare|set|start)\b|\b(?:set_config|pg_advisory_lock|current_database)\b/i;

/** Databases that were given back. Emptying their tables undoes all that was done to them. */
const idle: Database[] = [];

interface Database {
  handle: DbHandle;
  /** Ends the connections of the database and removes it. */
  drop(): Promise<void>;
}

/**
 * Lends a migrated database without rows to one borrower at a time, until `close`. Its connections are lent with it, because opening them
 * is most of the cost of a new database.
 *
 * A borrower sees the database as if it was just made. A returned database is dropped, not lent again, if its borrower ran a statement that
 * emptying tables does not undo, asked for its name (others may be connected to it then), used the client for more than statements, or
 * closed it while a statement ran.
 */
export async function lentPostgres({ fresh }: { fresh: boolean }): Promise<DbHandle> {
  serverUrl(); // throws if no server is named, even if a database could be lent
  if (fresh) return lent(await newMigrated());
  for (let database = idle.pop(); database; database = idle.pop()) {
    try {
      await database.handle.db.$executeRawUnsafe(emptyTables);
      return lent(database);
    } catch {
      // The database's connections were ended, or this user may not empty tables this way: drop it and take another.
      await database.drop();
    }
  }
  return lent(await newMigrated());
}

async function newMigrated(): Promise<Database> {
  const database = await newDatabase(await migratedTemplate());
  try {
    const handle = await createPostgresDb({ url: database.url });
    const drop = async () => {
      await handle.close();
      await database.drop();
    };
    return { handle, drop };
  } catch (error) {
    await database.drop();
    throw error;
  }
}

function lent(database: Database): DbHandle {
  const { handle } = database;
  let closing: Promise<void> | undefined;
  let reusable = true;
  let running = 0;

  const run = async <T>(sql: string, work: () => PromiseLike<T>): Promise<T> => {
    if (closing) throw new Error('This database was closed.');
    if (beyondReset.test(sql) || leavesSession.test(sql)) reusable = false;
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
    }
  };
  const db = new Proxy(handle.db, {
    get(target, key) {
      switch (key) {
        case '$queryRaw':
        case '$executeRaw':
          return (query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]) =>
            run('sql' in query ? query.sql : query.join('?'), () => target[key](query, ...values));
        case '$queryRawUnsafe':
        case '$executeRawUnsafe':
          return (query: string, ...values: unknown[]) => run(query, () => target[key](query, ...values));
      }
      if (closing) throw new Error('This database was closed.');
      if (typeof key === 'string' && key.startsWith('$')) reusable = false; // it may do anything
      return Reflect.get(target, key, target) as unknown;
    },
  });
  return {
    ...handle,
    db,
    ping: () => run('', () => handle.ping()),
    withSession: (work) =>
      run('', () =>
        handle.withSession(({ query, exec }) =>
          work({
            query: (sql, parameters) => run(sql, () => query(sql, parameters)),
            exec: (script) => run(script, () => exec(script)),
          }),
        ),
      ),
    close: () =>
      (closing ??= Promise.resolve().then(async () => {
        if (reusable && running === 0) idle.push(database);
        else await database.drop();
      })),
  };
}

/**
 * Removes the databases that the tests of this run left on the server: each test process ends with databases that it kept for lending.
 *
 * @param run as {@link testRun} is in the processes of the run
 */
export async function dropDatabases(run: string): Promise<void> {
  const { rows } = await onServer((server) =>
    server.query<{ name: string }>('select datname as name from pg_database where starts_with(datname, $1)', [prefix(run)]),
  );
  for (const { name } of rows) await onServer((server) => server.query(`drop database if exists "${name}" with (force)`));
}

/** The variable that names a run of tests in the environment of all its processes. */
export const testRun = 'PARLEY_TEST_RUN';

function prefix(run: string): string {
  return `parley_test_${createHash('sha256').update(run).digest('hex').slice(0, 12)}_`;
}

async function newDatabase(template: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `${prefix(process.env[testRun] ?? '')}${randomUUID().replaceAll('-', '')}`;
  // This strategy takes a third of the default's time. The default is for templates that are written to meanwhile; nobody writes to this
  // one.
  await onServer((server) => server.query(`create database "${name}" template "${template}" strategy file_copy`));
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
    // Several test processes come at once: the first makes the template, the others wait.
    await server.query('select pg_advisory_lock(hashtext($1))', [name]);
    try {
      const { rows } = await server.query('select 1 from pg_database where datname = $1 and not datallowconn', [name]);
      if (rows.length > 0) return;
      // A template that still allows connections was left unfinished by a process that died.
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
    } finally {
      await server.query('select pg_advisory_unlock(hashtext($1))', [name]);
    }
  });
  return name;
}

function serverUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (url) return url;
  throw new Error('TEST_DATABASE_URL is not set; name a PostgreSQL 15 or later whose user may create databases, or run "npm test".');
}

let connections: pg.Pool | undefined;

/** One connection, kept while it is used often: opening one costs as much as the statement that it is for. */
async function onServer<T>(work: (server: pg.PoolClient) => Promise<T>): Promise<T> {
  if (!connections) {
    connections = new pg.Pool({ connectionString: serverUrl(), connectionTimeoutMillis: 10_000, max: 1, allowExitOnIdle: true });
    connections.on('error', () => {}); // the pool opens another connection
  }
  const server = await connections.connect();
  try {
    return await work(server);
  } finally {
    server.release();
  }
}

/** Takes the URL apart by hand, because `URL` refuses one with a socket directory as its host. */
function withDatabase(url: string, name: string): string {
  const [, server, query] = /^([a-z]+:\/\/[^/?]*)(?:\/[^?]*)?(\?.*)?$/.exec(url) ?? [];
  if (server === undefined) throw new Error('TEST_DATABASE_URL must look like postgresql://user:password@host:port/database.');
  return `${server}/${name}${query ?? ''}`;
}
