import { writeSync } from 'node:fs';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { Answers } from './answers.js';
import { FullDiskGuard, WatchedFiles } from './full-disk.js';
import { DataDirectoryEmptyError } from './data-directory-errors.js';
import { lockDataDirectory } from './data-directory-lock.js';
import { beginCopy, databaseFiles, flushFiles } from './pglite-copy.js';
import { PrismaClient } from './generated/client.js';
import type { DbHandle, DbSession } from './handle.js';
import { keepStatements } from './pglite-statements.js';
import type { StatementWatch } from './statement-watch.js';
import './wasm-tiering.js';

/**
 * How our PGlites start: with buffers of 16 MB instead of 128. Opening touches all buffers, which took more than half of its CPU time (2.3
 * s, now 0.8; measured with PGlite 0.5.16 and Node 20.20) and of its memory. Pages that are not in the buffers are read from the system's
 * file cache.
 */
export const pgliteStart: PGliteOptions = { startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'] };

/** Opens a PGlite as all of ours are: see {@link pgliteStart} and {@link keepStatements}. */
export async function openPglite(options: PGliteOptions): Promise<PGlite> {
  return keepStatements(await PGlite.create({ ...pgliteStart, ...options }));
}

/**
 * The files of an empty database, for PGlite to load. Making them takes PGlite 5.9 s of CPU, loading them 1.8 (PGlite 0.5.16, Node 20.20),
 * so the build makes them (scripts/blank.mjs). Their path is named from the root, like that of the migrations.
 */
export function blankDatabase(): Promise<Blob> {
  return filesOf('data');
}

/** `migrated` is {@link blankDatabase} with the migrations that there were when it was built. Applying them takes two seconds of CPU. */
async function filesOf(name: 'data' | 'migrated'): Promise<Blob> {
  const file = await readFile(fileURLToPath(new URL(`../../../packages/db/blank/${name}.tar.gz`, import.meta.url)));
  return new Files(await promisify(gunzip)(file));
}

/**
 * Files for PGlite to load, as a tar. PGlite asks a Blob for all bytes at once. Node's own Blob hands them out in small pieces, which costs
 * half a second of CPU for an empty database. PGlite copies the bytes, so one Blob may be loaded many times.
 */
export class Files extends Blob {
  readonly #tar: Uint8Array<ArrayBuffer>;

  constructor(tar: Uint8Array<ArrayBuffer>) {
    super([]);
    this.#tar = tar;
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    const { buffer, byteOffset, byteLength } = this.#tar;
    return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
  }
}

export interface PgliteOptions {
  /**
   * The directory of the database, made if it does not exist. It holds `parley.lock` and, in `pglite`, the database's files; other files
   * in it are left alone. Null for a database in memory, which is gone when closed.
   */
  dataDir: string | null;
  /** Whether to make a database where there is none. @default true */
  mayMake?: boolean;
  /** Free bytes of its disk below which the database refuses writes. @default 33554432, 32 MB: two files of PostgreSQL's log */
  reserveBytes?: number;
  /** Told when the disk is nearly full and no more is written, and when there is room again. @default nobody is told */
  onDiskSpace?: ((takesWrites: boolean, freeBytes: number) => void) | undefined;
  /** @default nobody is told */
  onStatement?: StatementWatch | undefined;
}

/** PGlite, and what only it can do. */
export interface PgliteDb extends DbHandle {
  /**
   * Lets another process copy the database's files while statements go on: see `copyRunningDatabase`.
   *
   * @returns what ends the copy, and says its label. Until then no other copy may begin
   */
  beginCopy(): Promise<() => Promise<string>>;
}

/**
 * Opens PGlite: PostgreSQL inside this process, with one connection, which runs statements one after another.
 *
 * A write that was acknowledged survives the death of the process, however it dies, but not a loss of power: PGlite does not fsync. The
 * directory stays locked until `close` or the end of the process. While its disk is nearly full, writes are refused and reads go on. A
 * disk that fails PostgreSQL's log all the same ends the process with a line and code 1; the next start recovers.
 *
 * @throws DataDirectoryInUseError, DataDirectoryNotWritableError; DataDirectoryEmptyError if there is no database and none may be made
 */
export async function createPgliteDb({
  dataDir,
  mayMake = true,
  reserveBytes = 32 * 1024 * 1024,
  onDiskSpace = () => {},
  onStatement,
}: PgliteOptions): Promise<PgliteDb> {
  if (dataDir === null) {
    const pglite = await openPglite({ loadDataDir: await blankDatabase() });
    return { ...pgliteHandle(pglite, { onStatement }), beginCopy: () => beginCopy(pglite) };
  }
  const directory = resolve(dataDir);
  // Before the lock, which makes the directory.
  if (!mayMake && !(await holdsDatabase(directory))) throw new DataDirectoryEmptyError(directory);
  const lock = lockDataDirectory(directory);
  try {
    await finishRestore(directory);
    const pglite = await openFiles(directory);
    const guard = new FullDiskGuard(pglite, directory, { reserveBytes, onChange: onDiskSpace });
    await guard.look();
    const handle = pgliteHandle(pglite, { onClosed: () => lock.release(), onStatement });
    return {
      ...handle,
      beginCopy: () => beginCopy(pglite),
      close: () => guard.close().then(() => handle.close()),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Makes a handle of an open PGlite; `onClosed` runs after it is closed. */
export function pgliteHandle(
  pglite: PGlite,
  { onClosed = () => {}, onStatement }: { onClosed?: () => void; onStatement?: StatementWatch | undefined } = {},
): DbHandle {
  const answers = new Answers();
  answers.note();
  const asked = { statements: 0 };
  const db = new PrismaClient({ adapter: new PrismaPGlite(heard(pglite, answers, asked, onStatement)), errorFormat: 'minimal' });
  let closing: Promise<void> | undefined;
  let lastSession: Promise<unknown> = Promise.resolve();
  return {
    db,
    kind: 'pglite',
    async ping() {
      await answers.of(pglite.query('select 1'));
    },
    lastAnswerAt: () => answers.lastAt,
    connections() {
      const busy = Math.min(1, asked.statements);
      return { busy, idle: 1 - busy, waiting: asked.statements - busy };
    },
    withSession(work) {
      // Run sessions one after another: they share the connection, so session locks would not keep them apart.
      const result = lastSession.then(() => work(session(pglite, answers)));
      lastSession = result.catch(() => {});
      return result;
    },
    close() {
      closing ??= db
        .$disconnect()
        .then(() => pglite.close())
        .finally(onClosed);
      return closing;
    },
  };
}

function session(pglite: PGlite, answers: Answers): DbSession {
  return {
    async query<Row>(sql: string, parameters: readonly unknown[] = []) {
      return (await answers.of(pglite.query<Row>(sql, [...parameters]))).rows;
    },
    async exec(script) {
      await answers.of(pglite.exec(script));
    },
  };
}

/** The same database, but each statement that it answers is noted in `answers`, told, and counted in `asked` until then. */
function heard(pglite: PGlite, answers: Answers, asked: { statements: number }, onStatement: StatementWatch | undefined): PGlite {
  const query = async (...given: Parameters<PGlite['query']>) => {
    const beganAt = performance.now();
    let failed = true;
    asked.statements++;
    try {
      const result = await answers.of(pglite.query(...given));
      failed = false;
      return result;
    } finally {
      asked.statements--;
      onStatement?.({ sql: given[0], beganAt, waitedMs: 0, tookMs: performance.now() - beganAt, failed });
    }
  };
  return new Proxy(pglite, {
    get(target, key) {
      if (key === 'query') return query;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/**
 * Opens the database's files, or makes them. A process killed while PGlite unpacks its files leaves some that PGlite takes for a whole
 * database and cannot open. So the files are made under another name and renamed when complete; leftovers under that name never held any
 * data.
 */
async function openFiles(directory: string): Promise<PGlite> {
  return openOrMake(databaseFiles(directory), 'migrated');
}

async function openOrMake(files: string, from: 'data' | 'migrated'): Promise<PGlite> {
  if (!(await exists(files))) {
    const unfinished = join(dirname(files), 'pglite.unfinished');
    await rm(unfinished, { recursive: true, force: true });
    const fresh = await openPglite({ fs: watched(unfinished), loadDataDir: await filesOf(from) });
    await fresh.close();
    await rename(unfinished, files);
  }
  return openPglite({ fs: watched(files) });
}

/** Whether there is a database, be it one that was restored by a process that died before it could put it in its place. */
async function holdsDatabase(directory: string): Promise<boolean> {
  return (await exists(databaseFiles(directory))) || (await exists(restoredFiles(directory)));
}

/**
 * Makes the database of a data directory by `fill`, under another name. It has its place once it is whole and on the disk. A database that
 * was there has it until then.
 *
 * @param options `migrated`: whether it begins with the migrations of this build, or without a table; `drop`: whether a database that is
 *   there may be dropped; `goesOn`: whether what was interrupted is left for the next call, which is given it; `refuse` makes the error
 *   if there is one that may not be dropped
 * @throws DataDirectoryInUseError, DataDirectoryNotWritableError
 */
export async function makePgliteDb<T>(
  dataDir: string,
  options: { migrated: boolean; drop: boolean; goesOn: boolean; refuse(directory: string): Error },
  fill: (handle: DbHandle) => Promise<T>,
): Promise<T> {
  const { migrated, drop, goesOn, refuse } = options;
  const directory = resolve(dataDir);
  const lock = lockDataDirectory(directory);
  try {
    await finishRestore(directory);
    if (!drop && (await holdsDatabase(directory))) throw refuse(directory);
    const staging = join(directory, goesOn ? 'pglite.moving' : 'pglite.restoring');
    if (!goesOn) await rm(staging, { recursive: true, force: true });
    try {
      const handle = pgliteHandle(await openOrMake(staging, migrated ? 'migrated' : 'data'));
      const result = await fill(handle).finally(() => handle.close());
      await flushFiles(staging);
      await rename(staging, restoredFiles(directory));
      await finishRestore(directory);
      return result;
    } catch (error) {
      if (!goesOn) await rm(staging, { recursive: true, force: true });
      throw error;
    }
  } finally {
    lock.release();
  }
}

/** Puts a database that was restored as a whole in its place. What was there goes first, so a process that dies in between is caught up on. */
async function finishRestore(directory: string): Promise<void> {
  const [files, restored] = [databaseFiles(directory), restoredFiles(directory)];
  if (!(await exists(restored))) return;
  await rm(files, { recursive: true, force: true });
  await rename(restored, files);
}

function restoredFiles(directory: string): string {
  return join(directory, 'pglite.restored');
}

/** PGlite's files, which end the process if PostgreSQL can no longer write its log. */
function watched(directory: string): WatchedFiles {
  return new WatchedFiles(directory, () => {
    // PGlite does not give the event loop another turn, so this is written at once.
    writeSync(
      2,
      `The database could not write to ${directory}: its disk is full or fails. Make room, and start again: nothing stored is lost.\n`,
    );
    process.exit(1);
  });
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code))) return false;
    throw error;
  }
}
