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

/** A session that is left with one of these serves the next borrower, who would meet it. */
const leavesSession = /^\s*(?:begin|discard|listen|lock|prepare|set|start)\b|\b(?:set_config|pg_advisory_lock|current_database)\b/i;

/** Given back, with all that was done to them undone by emptying tables. */
const idle: Database[] = [];

interface Database {
  handle: DbHandle;
  /** Ends its connections and removes it. */
  drop(): Promise<void>;
}

/**
 * A migrated database without rows, lent to one borrower at a time until `close`, with its connections, whose making is most of what a new one costs.
 *
 * A borrower sees the database as if it was just made. It is not lent again, but dropped, if its borrower ran a statement that emptying tables does
 * not undo, asked for its name (others may be connected to it then), used the client for more than statements, or closed it while a statement ran.
 */
export async function lentPostgres({ fresh }: { fresh: boolean }): Promise<DbHandle> {
  serverUrl(); // says what is missing, whatever there is to lend
  if (fresh) return lent(await newMigrated());
  for (let database = idle.pop(); database; database = idle.pop()) {
    try {
      await database.handle.db.$executeRawUnsafe(emptyTables);
      return lent(database);
    } catch {
      // Its connections were ended, or this user may not empty tables so: another one does as well.
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
      if (typeof key === 'string' && key.startsWith('$')) reusable = false; // who knows what it does
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
 * Removes what tests of this run have left on the server: a process of tests that ends still has databases to lend.
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
  // A third of the time that the default takes; nobody writes to the template, which is all that the default is for.
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
    // Several processes of tests come at once: the first makes it, the others wait.
    await server.query('select pg_advisory_lock(hashtext($1))', [name]);
    try {
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

/** One connection, kept while it is used often: a new one costs as much as the statement for which it is. */
async function onServer<T>(work: (server: pg.PoolClient) => Promise<T>): Promise<T> {
  if (!connections) {
    connections = new pg.Pool({ connectionString: serverUrl(), connectionTimeoutMillis: 10_000, max: 1, allowExitOnIdle: true });
    connections.on('error', () => {}); // the pool makes another
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
