import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isUnavailable, refusesWrites } from './errors.js';
import { createPgliteDb } from './pglite.js';

test('on a disk that is nearly full the database reads and refuses to write; with room it writes', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-full-disk-'));
  try {
    const told: boolean[] = [];
    const onDiskSpace = (takesWrites: boolean) => void told.push(takesWrites);
    // No disk has as much room.
    const full = await createPgliteDb({ dataDir, reserveBytes: Number.MAX_SAFE_INTEGER, onDiskSpace });
    expect(told).toEqual([false]);
    expect(await full.db.$queryRaw`select 1 as one`).toEqual([{ one: 1 }]);
    const refused: unknown = await full.db.$executeRaw`create table kept (id int)`.catch((error: unknown) => error);
    expect([refusesWrites(refused), isUnavailable(refused)]).toEqual([true, true]);
    await full.close();
    const roomy = await createPgliteDb({ dataDir, reserveBytes: 1, onDiskSpace });
    await roomy.db.$executeRaw`create table kept (id int)`;
    expect(told).toEqual([false]);
    await roomy.close();
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
