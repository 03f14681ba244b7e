import type { PrismaClient } from './generated/client.js';
import type { ConnectionFigures } from './statement-watch.js';

/**
 * The generated Prisma client.
 *
 * Writes go through `db.$queryRaw(Prisma.sql`…`)`, one statement each. Do not use interactive transactions: PGlite has one connection,
 * so a transaction that waits for the root client waits for ever.
 */
export type Db = PrismaClient;

/** One connection of its own, for work that a pool cannot do: session locks and scripts. */
export interface DbSession {
  /** Runs one statement with `$1`-style parameters and returns its rows. */
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** Runs a script of several statements as one implicit transaction: all of it, or nothing and an error. */
  exec(script: string): Promise<void>;
}

/** An open database. The same statements work on both kinds; see {@link DbHandle.db} for how values travel. */
export interface DbHandle {
  /**
   * The client. What `$queryRaw` gives and takes is the same on both kinds (tests: values.contract.ts):
   *
   * - Comes back: `int4` as number, `int8` (so `count(*)` and sums of int4) as **bigint**, `float8` as number, `numeric` as
   *   Prisma.Decimal, `text` and `uuid` as string, `boolean` as boolean, `timestamptz` and `date` as Date, `json`/`jsonb` parsed,
   *   `bytea` as Uint8Array, arrays as arrays of these, SQL null as null. `tsvector`, `interval`, `regclass`, `record` and
   *   `unknown` columns are errors: cast them to text. `void` too (`pg_notify`, advisory locks): wrap or cast them.
   * - Goes in: parameters are typed by where they stand, as in PostgreSQL. Where nothing gives a type, cast:
   *   `${id}::uuid`, `${n}::int`, `${ids}::uuid[]`. A JSON value goes in as `${JSON.stringify(value)}::jsonb`. A Date goes in as is, with
   *   `::timestamptz`.
   * - The type parameter of `$queryRaw<Row[]>` is the caller's claim; nothing checks it.
   */
  readonly db: Db;
  readonly kind: 'pglite' | 'postgres';
  /**
   * Resolves once the database has answered a trivial query; otherwise rejects with an error that {@link isUnavailable} knows.
   * PostgreSQL is asked on a connection that nothing else uses, so that statements which wait for locks do not delay the answer.
   */
  ping(): Promise<void>;
  /**
   * When the database last answered anything, on any connection, by the process's monotonic clock in milliseconds. The result of a
   * statement and an error in it are answers; an error that ends the connection is none.
   */
  lastAnswerAt(): number;
  /** How the connections are used, now. */
  connections(): ConnectionFigures;
  /**
   * Runs `work` on a connection of its own, closed afterwards. PGlite has only one connection: there, sessions run one after another on
   * it, and statements of {@link db} may come between those of a session. A session inside a session would wait for ever.
   */
  withSession<T>(work: (session: DbSession) => Promise<T>): Promise<T>;
  /** Ends every connection; gives up the lock of a data directory. Further calls do nothing. */
  close(): Promise<void>;
}
