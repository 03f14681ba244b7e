import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, open, readdir, statfs, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { BackupError } from './backup/backup-error.js';

export interface CopyOptions {
  /** The data directory of a running server. */
  dataDir: string;
  /** Where the copy goes: another data directory, which is made. */
  to: string;
  /** Bytes that must stay free, or the server would take no writes. */
  reserveBytes: number;
  /** Ends what {@link beginCopy} began, in the server. @returns PostgreSQL's label of the copy */
  end(): Promise<string>;
}

/**
 * Prepares a running database for being copied by another process. It goes on as ever, but must be told when the copy is made.
 *
 * @returns what ends the copy, and says its label
 * @throws an error if another copy is under way
 */
export async function beginCopy(pglite: PGlite): Promise<() => Promise<string>> {
  await pglite.query(`select pg_backup_start('parley', true)::text`);
  let ended: Promise<string> | undefined;
  return () =>
    (ended ??= pglite
      .query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)')
      .then(({ rows }) => rows[0]?.labelfile ?? ''));
}

/**
 * Copies the files of a database while it is written to, by PostgreSQL's own way of doing that: files first, in any order and each at its own
 * moment, then the log, which brings all of them to the moment of `end` as soon as the copy is opened. The copy is made by the process that
 * wants it: a server is never idle for the thousand turns that it takes.
 *
 * @throws BackupError if the disk has no room for it beside the reserve
 */
export async function copyRunningDatabase({ dataDir, to, reserveBytes, end }: CopyOptions): Promise<void> {
  const [source, copy] = [databaseFiles(dataDir), databaseFiles(to)];
  const files = await filesUnder(source);
  await mkdir(copy, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(copy);
  // The log grows while it is copied: leave as much again as must stay free.
  const needed = files.reduce((sum, { size }) => sum + size, 0) + 2 * reserveBytes;
  if (bavail * bsize < needed)
    throw new BackupError(
      `The disk of ${dataDir} has no room for a copy of the database: ${megabytes(needed)} MB are needed, and ${megabytes(bavail * bsize)} MB are free. Make room, or stop the server first: then no copy is needed.`,
    );
  for (const { path, isFile } of files) {
    if (path !== 'postmaster.pid' && !(isFile && path.startsWith('pg_wal'))) await copyOne(join(source, path), join(copy, path), isFile);
  }
  const label = await end();
  const first = /\(file ([0-9A-F]{24})\)/.exec(label)?.[1];
  const log = await filesUnder(join(source, 'pg_wal'));
  if (!log.some(({ path }) => path === first))
    throw new BackupError('So much was written meanwhile that the copy cannot be completed: try again when less is going on.');
  for (const { path, isFile } of log) await copyOne(join(source, 'pg_wal', path), join(copy, 'pg_wal', path), isFile);
  await writeFile(join(copy, 'backup_label'), label, { mode: 0o600 });
}

/** Where in a data directory the files of the database are. */
export function databaseFiles(dataDir: string): string {
  return join(dataDir, 'pglite');
}

/** Writes all that is under a directory to the disk. */
export async function flushFiles(directory: string): Promise<void> {
  for (const { path, isFile } of await filesUnder(directory)) {
    if (!isFile) continue;
    const file = await open(join(directory, path), 'r');
    await file.sync().finally(() => file.close());
  }
}

/** Paths of all files and directories under a directory, each after the one that it is in. */
async function filesUnder(directory: string): Promise<{ path: string; size: number; isFile: boolean }[]> {
  const found: { path: string; size: number; isFile: boolean }[] = [];
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const isFile = entry.isFile();
    const size = isFile ? await lstat(path).then((stats) => stats.size, gone) : 0;
    if (size !== null) found.push({ path: relative(directory, path), size, isFile });
  }
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function copyOne(from: string, to: string, isFile: boolean): Promise<void> {
  if (isFile) await copyFile(from, to, constants.COPYFILE_FICLONE).catch(gone);
  else await mkdir(to, { recursive: true, mode: 0o700 });
}

/** A file that is no longer there was no longer needed, or comes back by the log. */
function gone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1024 / 1024);
}
