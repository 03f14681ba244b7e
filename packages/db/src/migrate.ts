import { randomUUID } from 'node:crypto';
import type { DbHandle, DbSession } from './handle.js';
import { type MigrationFile, readMigrations } from './migration-files.js';

/** The part of pino's interface used here. */
export interface MigrateLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface MigrateOptions {
  log: MigrateLog;
  /** Others than the package's own; for tests. */
  migrations?: readonly MigrationFile[];
}

/** The migrations in the database and those of this build do not fit, or one failed. The message names it and what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/** The key of Prisma's own advisory lock, so that `prisma migrate deploy` and this wait for each other. */
const lockKey = 72707369;

/** As Prisma creates it. */
const migrationsTable = `create table if not exists _prisma_migrations (
  id varchar(36) primary key not null,
  checksum varchar(64) not null,
  finished_at timestamptz,
  migration_name varchar(255) not null,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`;

/**
 * Brings the database to this build's schema; resolves with the names of the migrations it applied, in order.
 *
 * Safe from several processes at once: one applies, the others wait and find nothing to do. Each migration and its record are
 * one transaction, so one that fails, or a process that dies, leaves nothing behind and the next start tries again. Records
 * are Prisma's, so `prisma migrate deploy` and this agree. A script must be able to run in a transaction.
 *
 * @throws MigrationError when an applied migration's file was changed, when `prisma migrate deploy` left one failed, or when one fails now
 */
export async function migrate(handle: DbHandle, { log, migrations }: MigrateOptions): Promise<{ applied: string[] }> {
  const files = migrations ?? (await readMigrations());
  return handle.withSession(async (session) => {
    await session.query(`select pg_advisory_lock(${lockKey})::text`);
    try {
      await session.exec(migrationsTable);
      const pending = await findPending(session, files, log);
      for (const file of pending) {
        const startedAt = Date.now();
        await apply(session, file);
        log.info({ migration: file.name, durationMs: Date.now() - startedAt }, 'migration applied');
      }
      return { applied: pending.map((file) => file.name) };
    } finally {
      // On PostgreSQL the session ends here anyway; on PGlite it is the only one there is.
      await session.query(`select pg_advisory_unlock(${lockKey})`);
    }
  });
}

interface MigrationRecord {
  migration_name: string;
  checksum: string;
  finished: boolean;
}

async function findPending(session: DbSession, files: readonly MigrationFile[], log: MigrateLog): Promise<MigrationFile[]> {
  const records = await session.query<MigrationRecord>(
    `select migration_name, checksum, finished_at is not null as finished from _prisma_migrations
     where rolled_back_at is null order by started_at`,
  );
  const failed = records.find((record) => !record.finished);
  if (failed) {
    throw new MigrationError(
      `The migration ${failed.migration_name} failed earlier and may have been applied in part; repair it and mark it with "prisma migrate resolve".`,
    );
  }
  const recorded = new Map(records.map((record) => [record.migration_name, record.checksum]));
  const pending: MigrationFile[] = [];
  for (const file of files) {
    const checksum = recorded.get(file.name);
    if (checksum === undefined) pending.push(file);
    else if (checksum !== file.checksum && checksum !== file.checksumOtherLineEnds) {
      throw new MigrationError(
        `The migration ${file.name} was changed after it was applied to this database; restore its file and add a new migration instead.`,
      );
    }
    recorded.delete(file.name);
  }
  // An older build beside or after a newer one, as in a rolling restart.
  if (recorded.size > 0) log.warn({ migrations: [...recorded.keys()] }, 'the database has migrations that this build does not know');
  return pending;
}

async function apply(session: DbSession, file: MigrationFile): Promise<void> {
  // Literals, as a script of several statements takes no parameters. The name has only word characters, the checksum hex digits.
  const record = `insert into _prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
    values ('${randomUUID()}', '${file.checksum}', clock_timestamp(), '${file.name}', now(), 1)`;
  try {
    await session.exec(`${file.sql}\n;\n${record}`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MigrationError(`The migration ${file.name} failed and nothing of it was applied: ${reason}`, { cause });
  }
}
