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
  /** For tests: migrations to use instead of the package's own. */
  migrations?: readonly MigrationFile[];
  /**
   * What becomes of a database that has migrations which this build does not know: it is used, because an older process runs on beside newer
   * ones, or refused, because nobody runs beside this process. @default 'use'
   */
  newer?: 'use' | 'refuse';
}

/**
 * The migrations in the database do not fit those of this build, or a migration failed. The message names the migration and says what to
 * do.
 */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/** The key of Prisma's own advisory lock, so that `prisma migrate deploy` and {@link migrate} wait for each other. */
export const lockKey = 72707369;

/** What a move into a database leaves among its migrations, unfinished, until all is there: see backup/move-database.ts. */
export const moveMarker = '99999999999999_move_unfinished';

/** The table of applied migrations, as Prisma creates it. */
export const migrationsTable = `create table if not exists _prisma_migrations (
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
 * Safe from several processes at once: one applies the migrations, the others wait and find nothing to do. Each migration and its record
 * are one transaction, so a migration that fails, or a process that dies, leaves nothing behind and the next start tries again. The
 * records have Prisma's form, so `prisma migrate deploy` accepts them. A script must be able to run in a transaction.
 *
 * @throws MigrationError when the file of an applied migration was changed, when `prisma migrate deploy` left a failed migration,
 *   when a migration fails now, or when data of a newer build are refused
 */
export async function migrate(handle: DbHandle, { log, migrations, newer = 'use' }: MigrateOptions): Promise<{ applied: string[] }> {
  const files = migrations ?? (await readMigrations());
  return handle.withSession(async (session) => {
    await session.query(`select pg_advisory_lock(${lockKey})::text`);
    try {
      await session.exec(migrationsTable);
      const pending = await findPending(session, files, log, newer);
      for (const file of pending) {
        const startedAt = Date.now();
        await applyMigration(session, file);
        log.info({ migration: file.name, durationMs: Date.now() - startedAt }, 'migration applied');
      }
      return { applied: pending.map((file) => file.name) };
    } finally {
      // On PostgreSQL the end of the session would unlock anyway; on PGlite the session goes on, as it is the only one there is.
      await session.query(`select pg_advisory_unlock(${lockKey})`);
    }
  });
}

interface MigrationRecord {
  migration_name: string;
  checksum: string;
  finished: boolean;
}

async function findPending(
  session: DbSession,
  files: readonly MigrationFile[],
  log: MigrateLog,
  newer: 'use' | 'refuse',
): Promise<MigrationFile[]> {
  const records = await session.query<MigrationRecord>(
    `select migration_name, checksum, finished_at is not null as finished from _prisma_migrations
     where rolled_back_at is null order by started_at`,
  );
  const failed = records.find((record) => !record.finished);
  if (failed?.migration_name === moveMarker) {
    throw new MigrationError('A move into this database is not finished: run the same “npm run move” again, which goes on where it was.');
  }
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
  const [unknown] = recorded.keys();
  if (unknown !== undefined && newer === 'refuse') {
    throw new MigrationError(
      `These data are of a newer Parley: this one does not know the migration ${unknown}. Nothing was changed. Start the newer one, or put back a backup of before.`,
    );
  }
  // An older build runs beside or after a newer one, as in a rolling restart.
  if (recorded.size > 0) log.warn({ migrations: [...recorded.keys()] }, 'the database has migrations that this build does not know');
  return pending;
}

/** Applies one migration and records it, both or neither. */
export async function applyMigration(session: DbSession, file: MigrationFile): Promise<void> {
  // The values are literals, because a script of several statements takes no parameters. They need no quoting: the name has only word
  // characters, the checksum only hex digits.
  const record = `insert into _prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
    values ('${randomUUID()}', '${file.checksum}', clock_timestamp(), '${file.name}', now(), 1)`;
  try {
    await session.exec(`${file.sql}\n;\n${record}`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MigrationError(`The migration ${file.name} failed and nothing of it was applied: ${reason}`, { cause });
  }
}
