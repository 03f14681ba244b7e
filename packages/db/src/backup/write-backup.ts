import { createHash } from 'node:crypto';
import { createWriteStream, rmSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { DbHandle } from '../handle.js';
import { BackupError } from './backup-error.js';
import { type BackupManifest, backupVersion } from './backup-format.js';
import { type DatabaseSnapshot, withSnapshot } from './database-snapshot.js';
import type { Progress } from './progress.js';

export interface WrittenBackup {
  manifest: BackupManifest;
  bytes: number;
}

const note =
  'Everything that Parley stores: accounts with hashes of passwords, sessions and keys as hashes, secrets of webhooks and headers for MCP servers as they are, all messages. ' +
  'Not in it: SESSION_SECRET, keys of providers and other variables.';

/**
 * Writes all that a database holds at one moment to a file that only its owner can read. The file has its name once it is whole and on the
 * disk; whatever interrupts the work leaves no file of that name.
 *
 * @throws BackupError if the file is there already, cannot be written, or there is nothing to back up
 */
export async function writeBackup(
  handle: DbHandle,
  { file, whose, progress }: { file: string; whose: string; progress: Progress },
): Promise<WrittenBackup> {
  if (await exists(file)) throw new BackupError(`${file} is there already: name another file.`);
  const unfinished = `${file}.unfinished`;
  const removeNow = () => rmSync(unfinished, { force: true });
  process.on('exit', removeNow);
  try {
    // What a command left that was killed: its mode, or what it points to, may be another.
    await rm(unfinished, { force: true });
    const manifest = await withSnapshot(handle, whose, async (snapshot) => {
      const manifest = manifestOf(snapshot, handle.kind);
      await pipeline(
        Readable.from(lines(snapshot, manifest, progress), { objectMode: false, highWaterMark: 64 * 1024 }),
        createGzip(),
        createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true }),
      );
      return manifest;
    });
    const { size } = await stat(unfinished);
    await rename(unfinished, file);
    await flushFolder(dirname(file));
    return { manifest, bytes: size };
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw fileError(error, file) ?? error;
  } finally {
    process.off('exit', removeNow);
  }
}

function manifestOf({ migrations, tables }: DatabaseSnapshot, kind: DbHandle['kind']): BackupManifest {
  return {
    type: 'manifest',
    format: 'parley.backup',
    version: backupVersion,
    madeAt: new Date().toISOString(),
    shape: kind === 'pglite' ? 'embedded' : 'distributed',
    note,
    migrations,
    tables: tables.map(({ name, columns, rows }) => ({ name, columns: columns.map((column) => column.name), rows })),
  };
}

/** The lines of the file, in chunks. */
async function* lines(snapshot: DatabaseSnapshot, manifest: BackupManifest, progress: Progress): AsyncGenerator<string, void> {
  const whole = createHash('sha256');
  const line = (value: object): string => {
    const text = `${JSON.stringify(value)}\n`;
    whole.update(text);
    return text;
  };
  yield line(manifest);
  let all = 0;
  for (const table of snapshot.tables) {
    const ofTable = createHash('sha256');
    let rows = 0;
    for await (const portion of snapshot.rows(table)) {
      const text = `${portion.join('\n')}\n`;
      whole.update(text);
      ofTable.update(text);
      rows += portion.length;
      progress.at(table.name, rows, table.rows);
      yield text;
    }
    all += rows;
    yield line({ type: 'tableEnd', name: table.name, rows, sha256: ofTable.digest('hex') });
  }
  yield `${JSON.stringify({ type: 'end', rows: all, sha256: whole.digest('hex') })}\n`;
}

/** Says what the system has against the file, if it was that. */
function fileError(error: unknown, file: string): BackupError | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  const code = String(error.code);
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG')
    return new BackupError(
      `There is not enough room for ${file} (${code}): nothing of it is left. Make room, or name a file on another disk.`,
    );
  if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'EISDIR', 'EIO'].includes(code) && 'syscall' in error)
    return new BackupError(`${file} cannot be written (${code}): name a file in a folder that is there and that this user may write to.`);
  return null;
}

/** Has the system write a folder's names to the disk, where it can. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
