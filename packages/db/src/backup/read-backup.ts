import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { BackupError } from './backup-error.js';
import { type BackupManifest, backupVersion, endSchema, manifestSchema, tableEndSchema } from './backup-format.js';
import type { z } from 'zod';

/** What a backup says, in the order of the file: its manifest, then the rows of each table, as the file has them, in portions. */
export type BackupPart = { type: 'manifest'; manifest: BackupManifest } | { type: 'rows'; table: string; rows: string[]; done: number };

/** The longest line of a backup, in bytes. The longest rows that Parley makes are a few megabytes. */
const maxLineBytes = 128 * 1024 * 1024;
/** Where a portion of rows ends, in bytes. */
const portionBytes = 1_000_000;
const maxPortionRows = 1_000;

/**
 * Reads a backup to its end, and believes it only there.
 *
 * @throws BackupError as soon as it shows that the file is no backup, is cut off, was altered, or has another format than this Parley reads
 */
export async function* readBackup(file: string): AsyncGenerator<BackupPart, void> {
  const whole = createHash('sha256');
  let manifest: BackupManifest | null = null;
  /** The table whose rows are read, by its place in the manifest. */
  let table = 0;
  let ofTable = createHash('sha256');
  let done = 0;
  let all = 0;
  let ended = false;
  let portion: string[] = [];
  let bytes = 0;

  const current = () => {
    const found = manifest?.tables[table];
    if (!found) throw damaged(file);
    return found;
  };
  for await (const line of linesOf(file)) {
    if (ended) throw damaged(file);
    const text = `${line}\n`;
    if (manifest && line.startsWith('[')) {
      whole.update(text);
      ofTable.update(text);
      done++;
      portion.push(line);
      bytes += line.length;
      if (bytes < portionBytes && portion.length < maxPortionRows) continue;
    }
    if (portion.length > 0) {
      yield { type: 'rows', table: current().name, rows: portion, done };
      portion = [];
      bytes = 0;
    }
    if (manifest && line.startsWith('[')) continue;
    if (!manifest) {
      manifest = parseManifest(file, line);
      whole.update(text);
      yield { type: 'manifest', manifest };
    } else if (table < manifest.tables.length) {
      const { name, rows } = current();
      const end = parsed(tableEndSchema, file, line);
      if (end.name !== name || end.rows !== done || rows !== done || end.sha256 !== ofTable.digest('hex')) throw damaged(file);
      whole.update(text);
      all += done;
      table++;
      done = 0;
      ofTable = createHash('sha256');
    } else {
      const end = parsed(endSchema, file, line);
      if (end.rows !== all || end.sha256 !== whole.digest('hex')) throw damaged(file);
      ended = true;
    }
  }
  if (!ended) throw damaged(file);
}

/** Reads a whole backup and keeps nothing of it. @returns its manifest @throws BackupError as {@link readBackup} */
export async function checkBackup(file: string): Promise<BackupManifest> {
  let manifest: BackupManifest | null = null;
  for await (const part of readBackup(file)) if (part.type === 'manifest') manifest = part.manifest;
  if (!manifest) throw damaged(file);
  return manifest;
}

function parseManifest(file: string, line: string): BackupManifest {
  const value = asJson(line);
  const { format, version } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (format !== 'parley.backup') throw new BackupError(`${file} is no backup of Parley.`);
  if (typeof version === 'number' && version > backupVersion)
    throw new BackupError(`${file} has the format ${version}, and this Parley reads ${backupVersion}: use a newer one.`);
  return parsed(manifestSchema, file, line);
}

function parsed<T>(schema: z.ZodType<T>, file: string, line: string): T {
  const result = schema.safeParse(asJson(line));
  if (!result.success) throw damaged(file);
  return result.data;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function damaged(file: string): BackupError {
  return new BackupError(`${file} is cut off or was altered: use another backup. Nothing was changed.`);
}

/** How a gzip file of ours begins: no name, no time. */
const gzipStart = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);

async function* linesOf(file: string): AsyncGenerator<string, void> {
  const compressed = createReadStream(file);
  const gunzip = createGunzip();
  compressed.on('error', (error) => gunzip.destroy(error));
  compressed.once('data', (start) => {
    if (!gzipStart.equals((start as Buffer).subarray(0, gzipStart.length)))
      gunzip.destroy(new BackupError(`${file} is no backup of Parley.`));
  });
  let waiting: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of compressed.pipe(gunzip) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        waiting.push(chunk.subarray(from, end));
        yield Buffer.concat(waiting).toString('utf8');
        waiting = [];
        bytes = 0;
        from = end + 1;
      }
      if (from < chunk.length) waiting.push(chunk.subarray(from));
      bytes += chunk.length - from;
      if (bytes > maxLineBytes) throw damaged(file);
    }
  } catch (error) {
    if (error instanceof BackupError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code.startsWith('Z_')) throw damaged(file);
    if (['ENOENT', 'ENOTDIR'].includes(code)) throw new BackupError(`There is no file ${file}.`);
    if (['EACCES', 'EPERM', 'EISDIR', 'EIO'].includes(code)) throw new BackupError(`${file} cannot be read (${code}).`);
    throw error;
  } finally {
    compressed.destroy();
    gunzip.destroy();
  }
  // Gunzip ignores what comes behind the end.
  if (bytes > 0 || gunzip.bytesWritten !== (await stat(file)).size) throw damaged(file);
}
