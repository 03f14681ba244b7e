import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { PrismaClient } from './generated/client.js';
import { Answers } from './answers.js';
import type { DbHandle, DbSession } from './handle.js';
import './wasm-tiering.js';
import { HealthConnection } from './health-connection.js';
import { ResilientPool } from './resilient-pool.js';
import { statementNames } from './statement-names.js';
import type { StatementWatch } from './statement-watch.js';
import { Turns } from './turns.js';

export interface PostgresOptions {
  /** `postgresql://user:password@host:port/database?…`, as libpq has it. */
  url: string;
  /**
   * The server's own address, if `url` leads to a pooler that gives a connection for one transaction (PgBouncer's transaction mode). What
   * needs a session, such as the lock of migrations, goes there. On the pooler's connections nothing is prepared and nothing is set but
   * what PgBouncer itself keeps with its client: the time zone. So `statementTimeoutMs` is the client's alone.
   * @default `url` leads to the server
   */
  directUrl?: string | undefined;
  /** The most connections, besides the one on which `ping` asks. @default 10 */
  poolSize?: number;
  /**
   * How long a statement waits for a new connection. It waits longer for a free one, unless the database is silent for this long.
   * @default 5000
   */
  connectTimeoutMs?: number;
  /** How long a statement may run before the server ends it. A second later the client gives up and drops the connection. @default 10000 */
  statementTimeoutMs?: number;
  /** How long an unused connection is kept. @default 30000 */
  idleTimeoutMs?: number;
  /** Whether connections keep parsed statements; false behind a pooler that does not support this. @default true */
  prepareStatements?: boolean;
  /** As `pg_stat_activity` shows it. @default 'parley' */
  applicationName?: string;
  /** Called for each connection that broke while nobody used it; the pool replaces such connections by itself. */
  onConnectionError?: (error: Error) => void;
  /** @default nobody is told */
  onStatement?: StatementWatch | undefined;
}

/**
 * Opens a pool on PostgreSQL 15 or later and proves that the server answers.
 *
 * While the server is away, calls fail within the time limits above, with errors that {@link isUnavailable} knows; they succeed again
 * once the server is back. An error of a connection never ends the process.
 *
 * @throws an error that names the server; its cause says why the server did not answer, and {@link isUnavailable} knows a server that
 *   cannot be reached
 */
export async function createPostgresDb(options: PostgresOptions): Promise<DbHandle> {
  const statementTimeoutMs = options.statementTimeoutMs ?? 10_000;
  const connectTimeoutMs = options.connectTimeoutMs ?? 5_000;
  const poolSize = options.poolSize ?? 10;
  const pooled = options.directUrl !== undefined;
  const connection = connectionConfig(options, options.url, { connectTimeoutMs, pooled });
  const direct =
    options.directUrl === undefined ? connection : connectionConfig(options, options.directUrl, { connectTimeoutMs, pooled: false });
  const onConnectionError = options.onConnectionError ?? (() => {});
  const answers = new Answers();
  const health = new HealthConnection({
    connection,
    timeoutMs: Math.max(connectTimeoutMs, minHealthTimeoutMs),
    answers,
    onConnectionError,
  });
  const turns = new Turns({
    max: poolSize,
    patienceMs: connectTimeoutMs,
    async isThere() {
      if (performance.now() - answers.lastAt < connectTimeoutMs) return true;
      return await health.ask().then(
        () => true,
        () => false,
      );
    },
  });
  const pool = new ResilientPool(
    {
      ...connection,
      max: poolSize,
      idleTimeoutMillis: options.idleTimeoutMs ?? 30_000,
      // A pooler takes no settings at the start of a connection. PgBouncer keeps the time zone with its client, whichever server it gives it.
      ...(pooled ? { onConnect: setTimeZone } : { statement_timeout: statementTimeoutMs }),
      // The server's own limit does not help when the server, or the way to it, is dead.
      query_timeout: statementTimeoutMs + 1_000,
    },
    { turns, answers, onConnectionError, onStatement: options.onStatement },
  );
  const adapter = new PrismaPg(pool, pooled || options.prepareStatements === false ? {} : { statementNameGenerator: statementNames() });
  const db = new PrismaClient({ adapter, errorFormat: 'minimal' });
  let closing: Promise<void> | undefined;
  const handle: DbHandle = {
    db,
    kind: 'postgres',
    ping: () => health.ask(),
    lastAnswerAt: () => answers.lastAt,
    connections: () => ({ busy: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: turns.waiting }),
    async withSession(work) {
      const client = new pg.Client(direct);
      client.on('error', onConnectionError);
      await client.connect();
      try {
        return await work(session(client, answers));
      } finally {
        await client.end();
      }
    },
    close() {
      health.close();
      closing ??= db.$disconnect().then(() => pool.end());
      return closing;
    },
  };
  try {
    await handle.ping();
  } catch (error) {
    await handle.close();
    throw new Error(`PostgreSQL at ${connection.host}:${connection.port ?? 5432} cannot be used: ${reason(error)} (DATABASE_URL)`, {
      cause: error,
    });
  }
  return handle;
}

/** The shortest time limit of a health question, in milliseconds: on a busy machine a new connection may take long. */
const minHealthTimeoutMs = 5_000;

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // For a name with several addresses, none of which could be reached, Node's error has no text.
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
}

/** The settings that every connection needs, whether or not it belongs to the pool. */
function connectionConfig(
  options: PostgresOptions,
  url: string,
  { connectTimeoutMs, pooled }: { connectTimeoutMs: number; pooled: boolean },
): pg.ClientConfig {
  const fromUrl = parseIntoClientConfig(url);
  return {
    ...fromUrl,
    // The adapter reads and writes timestamps without an offset, so they are right only in UTC.
    ...(!pooled && { options: [fromUrl.options, '-c timezone=UTC'].filter(Boolean).join(' ') }),
    application_name: fromUrl.application_name ?? options.applicationName ?? 'parley',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
}

async function setTimeZone(client: pg.ClientBase): Promise<void> {
  await client.query(`set timezone = 'UTC'`);
}

function session(client: pg.Client, answers: Answers): DbSession {
  return {
    async query<Row>(sql: string, parameters: readonly unknown[] = []) {
      return (await answers.of(client.query(sql, [...parameters]))).rows as Row[];
    },
    async exec(script) {
      await answers.of(client.query(script));
    },
  };
}
