import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DbHandle } from '../handle.js';
import { createPostgresDb } from '../postgres.js';
import { createTestDatabase, createTestDb, type TestDb } from '../testing.js';
import { backupSuite, contents } from './backup.contract.js';
import { operatorConnection } from './refuse-others.js';
import { restoreBackup } from './restore-backup.js';
import { fillOddly } from './testing-odd-rows.js';
import { writeBackup } from './write-backup.js';

async function empty(): Promise<DbHandle & AsyncDisposable> {
  const { url, drop } = await createTestDatabase();
  const handle = await createPostgresDb({ url, applicationName: operatorConnection });
  return { ...handle, [Symbol.asyncDispose]: () => handle.close().then(drop) };
}

backupSuite('postgres', empty);

describe('a backup of a PostgreSQL that servers use', () => {
  let folder: string;
  let source: TestDb;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-backup-'));
    source = await createTestDb('postgres');
    await fillOddly(source);
  });
  afterAll(async () => {
    await source?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('is of one moment, and takes its place only when they have stopped', async () => {
    const options = { file: join(folder, 'backup.gz'), whose: 'it', progress: { at() {} } };
    const before = await contents(source);
    let writes = 0;
    const raced: DbHandle = {
      ...source,
      withSession: (work) =>
        source.withSession((session) =>
          work({
            ...session,
            async query<Row>(sql: string, parameters?: readonly unknown[]) {
              const rows = await session.query<Row>(sql, parameters);
              // Somebody else writes before each table is read.
              if (sql.startsWith('declare')) writes += await source.db.$executeRaw`update room_counters set last_rev = last_rev + 1`;
              return rows;
            },
          }),
        ),
    };
    await writeBackup(raced, options);
    expect(writes).toBe(Object.keys(before.rows).length);
    await using target = await empty();
    await restoreBackup(target, { ...options, there: 'refuse' });
    expect(await contents(target)).toEqual(before);

    await expect(restoreBackup(source, { ...options, there: 'drop' })).rejects.toThrow(
      'it is in use by parley: stop every API and worker first. Nothing was changed.',
    );
    expect((await contents(source)).rows['room_counters']).not.toEqual(before.rows['room_counters']);
  });
});
