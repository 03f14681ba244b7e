import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { PrismaClient } from './generated/client.js';
import { Answers } from './answers.js';
import type { DbHandle, DbSession } from './handle.js';
import { HealthConnection } from './health-connection.js';
import { ResilientPool } from './resilient-pool.js';
import { statementNames } from './statement-names.js';
import { Turns } from './turns.js';

export interface PostgresOptions {
  /** `postgresql://user:password@host:port/database?…`, as libpq has it. */
  url: string;
  /** Connections at most, besides the one on which `ping` asks. @default 10 */
  poolSize?: number;
  /** For a new connection. A free one is waited for longer, unless the database is silent for this long. @default 5000 */
  connectTimeoutMs?: number;
  /** After which the server ends a statement. The client gives up, and drops the connection, a second later. @default 10000 */
  statementTimeoutMs?: number;
  /** After which an unused connection is closed. @default 30000 */
  idleTimeoutMs?: number;
  /** Keep parsed statements on the connection; false behind a pooler that cannot. @default true */
  prepareStatements?: boolean;
  /** As `pg_stat_activity` shows it. @default 'parley' */
  applicationName?: string;
  /** Told of connections that broke while nobody used them; the pool replaces them by itself. */
  onConnectionError?: (error: Error) => void;
}

/**
 * Opens a pool on PostgreSQL 15 or later and proves that it answers.
 *
 * A server that is away makes calls fail within the time limits above, with errors that {@link isUnavailable} knows; they
 * succeed again once it is back. No connection's error reaches the process.
 *
 * @throws an error that names the server, with what kept it from answering as its cause: {@link isUnavailable} knows one that cannot be reached
 */
export async function createPostgresDb(options: PostgresOptions): Promise<DbHandle> {
  const statementTimeoutMs = options.statementTimeoutMs ?? 10_000;
  const connectTimeoutMs = options.connectTimeoutMs ?? 5_000;
  const poolSize = options.poolSize ?? 10;
  const connection = connectionConfig(options, connectTimeoutMs);
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
      statement_timeout: statementTimeoutMs,
      // The server's limit does not help when the server, or the way to it, is dead.
      query_timeout: statementTimeoutMs + 1_000,
    },
    { turns, answers, onConnectionError },
  );
  const adapter = new PrismaPg(pool, options.prepareStatements === false ? {} : { statementNameGenerator: statementNames() });
  const db = new PrismaClient({ adapter, errorFormat: 'minimal' });
  let closing: Promise<void> | undefined;
  const handle: DbHandle = {
    db,
    kind: 'postgres',
    ping: () => health.ask(),
    lastAnswerAt: () => answers.lastAt,
    async withSession(work) {
      const client = new pg.Client(connection);
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

/** A question is not given up sooner than this, in milliseconds: on a busy machine a new connection would be slower still. */
const minHealthTimeoutMs = 5_000;

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Of a name with several addresses, each of which was tried, Node gives an error without a text.
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
}

/** What every connection needs, of the pool or not. */
function connectionConfig(options: PostgresOptions, connectTimeoutMs: number): pg.ClientConfig {
  const fromUrl = parseIntoClientConfig(options.url);
  return {
    ...fromUrl,
    // Both ways, the adapter's timestamps are without offset: they are right only in UTC.
    options: [fromUrl.options, '-c timezone=UTC'].filter(Boolean).join(' '),
    application_name: fromUrl.application_name ?? options.applicationName ?? 'parley',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
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
