export { BackupError } from './backup/backup-error.js';
export { Prisma } from './generated/client.js';
export { DataDirectoryEmptyError, DataDirectoryInUseError, DataDirectoryNotWritableError } from './data-directory-errors.js';
export { isRetryable, isUnavailable, isUniqueViolation, refusesWrites } from './errors.js';
export type { Db, DbHandle, DbSession } from './handle.js';
export { type MigrateLog, type MigrateOptions, MigrationError, migrate } from './migrate.js';
export type { ConnectionFigures, StatementWatch, WatchedStatement } from './statement-watch.js';
