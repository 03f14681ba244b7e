import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DataDirectoryInUseError, DataDirectoryNotWritableError, migrate } from './index.js';
import { createPgliteDb, pgliteStart } from './pglite.js';
import { clonedPglite } from './testing-pglite.js';
import { type ChildProgram, buildChild } from './test-support/child.js';

const log = { info() {}, warn() {} };

describe('a data directory', () => {
  let parent: string;
  let dataDir: string;
  let opener: ChildProgram;
  let writer: ChildProgram;
  /** The directory of a migrated, closed database. Tests copy it, because making one takes seconds. */
  let template: string;
  const copyTemplate = () => cp(template, dataDir, { recursive: true });

  beforeAll(async () => {
    [opener, writer] = await Promise.all([buildChild('open-directory.ts'), buildChild('write-rows.ts')]);
    template = await mkdtemp(join(tmpdir(), 'parley-data-'));
    const migrated = await clonedPglite();
    const loadDataDir = await migrated.dumpDataDir('none');
    await migrated.close();
    await (await PGlite.create({ ...pgliteStart, dataDir: join(template, 'pglite'), loadDataDir })).close();
  });
  afterAll(async () => {
    if (template) await rm(template, { recursive: true });
    await opener?.[Symbol.asyncDispose]();
    await writer?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'parley-data-'));
    dataDir = join(parent, 'data', 'of parley');
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  const handles = (db: { handle: { findMany(): Promise<{ handle: string }[]> } }) =>
    db.handle.findMany().then((rows) => rows.map((row) => row.handle));

  test('is made, anew if it was left half made, keeps what was written, and leaves what else is in it alone', async () => {
    await mkdir(join(dataDir, 'pglite.unfinished', 'base'), { recursive: true });
    await writeFile(join(dataDir, 'pglite.unfinished', 'PG_VERSION'), '18\n');
    await writeFile(join(dataDir, 'session-secret'), 'kept');
    const first = await createPgliteDb({ dataDir });
    // The build has applied the migrations.
    expect(await migrate(first, { log })).toEqual({ applied: [] });
    await first.db.handle.create({ data: { handle: 'kept' } });
    await first.close();
    expect(existsSync(join(dataDir, 'pglite.unfinished'))).toBe(false);
    const second = await createPgliteDb({ dataDir });
    expect(await migrate(second, { log })).toEqual({ applied: [] });
    expect(await handles(second.db)).toEqual(['kept']);
    await second.close();
    expect(await readFile(join(dataDir, 'session-secret'), 'utf8')).toBe('kept');
  });

  test('is refused to a second handle of the same process until the first is closed', async () => {
    await copyTemplate();
    const first = await createPgliteDb({ dataDir });
    const second = createPgliteDb({ dataDir });
    await expect(second).rejects.toThrow(DataDirectoryInUseError);
    await expect(second).rejects.toThrow(dataDir);
    await first.ping();
    await first.close();
    await first.close();
    await (await createPgliteDb({ dataDir })).close();
  });

  test('is refused to a second process while the first lives, and free at once when it is killed', async () => {
    await copyTemplate();
    await using first = opener.start(dataDir);
    expect(await first.nextLine()).toBe('open');

    await using second = opener.start(dataDir);
    expect(await second.rest()).toEqual([expect.stringMatching(/^DataDirectoryInUseError: The data directory .* is in use/)]);
    await expect(createPgliteDb({ dataDir })).rejects.toThrow(DataDirectoryInUseError);

    await first.kill();
    expect(existsSync(join(dataDir, 'parley.lock'))).toBe(true);
    await using third = opener.start(dataDir);
    expect(await third.nextLine()).toBe('open');
    expect(await third.finish()).toBe(0);
    await (await createPgliteDb({ dataDir })).close();
  });

  test('is free again after it could not be opened', async () => {
    await copyTemplate();
    const versionFile = join(dataDir, 'pglite', 'PG_VERSION');
    const version = await readFile(versionFile);
    await writeFile(versionFile, '9.6\n');
    await expect(createPgliteDb({ dataDir })).rejects.toThrow();
    await writeFile(versionFile, version);
    await (await createPgliteDb({ dataDir })).close();
  });

  test('that cannot be made or written is an error that names it', async () => {
    await writeFile(join(parent, 'file'), '');
    const blocked = join(parent, 'file', 'data');
    const refused = createPgliteDb({ dataDir: blocked });
    await expect(refused).rejects.toThrow(DataDirectoryNotWritableError);
    await expect(refused).rejects.toThrow(`The data directory ${blocked} cannot be written (ENOTDIR); make it writable or set DATA_DIR`);
  });

  test('has every acknowledged row after kill -9, five times in the middle of writes', async () => {
    await copyTemplate();
    const acknowledged: string[] = [];
    for (let round = 0; round < 5; round++) {
      await using child = writer.start(dataDir, `round${round}`);
      const atLeast = 20 + round * 37;
      for (let line = await child.nextLine(); line !== null; line = await child.nextLine()) {
        acknowledged.push(`round${round}-${line}`);
        if (Number(line) >= atLeast) break;
      }
      process.kill(child.pid, 'SIGKILL');
      acknowledged.push(...(await child.rest()).map((line) => `round${round}-${line}`));

      const reopened = await createPgliteDb({ dataDir });
      const stored = new Set(await handles(reopened.db));
      expect(acknowledged.filter((handle) => !stored.has(handle))).toEqual([]);
      // In each round, at most one insert was committed without being acknowledged.
      expect(stored.size - acknowledged.length).toBeLessThanOrEqual(round + 1);
      await reopened.close();
    }
  });
});
