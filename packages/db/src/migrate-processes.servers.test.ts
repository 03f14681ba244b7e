import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPostgresDb } from './postgres.js';
import { createTestDatabase } from './testing.js';
import { buildChild } from './test-support/child.js';

test('of several processes that migrate at once, one applies and the others wait and find nothing to do', async () => {
  const database = await createTestDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'parley-migrations-'));
  try {
    for (let n = 0; n < 3; n++) {
      await mkdir(join(directory, `2026010${n}000000_step`));
      // Each migration is slow enough that, without the lock, the other processes would meet it half done.
      await writeFile(join(directory, `2026010${n}000000_step`, 'migration.sql'), `select pg_sleep(0.1); create table step${n} (a int);`);
    }
    await using program = await buildChild('migrate-database.ts');
    const children = [1, 2, 3].map(() => program.start(database.url, directory));
    for (const child of children) expect(await child.nextLine()).toBe('ready');
    for (const child of children) child.say('go');
    const applied = await Promise.all(children.map((child) => child.rest()));
    expect(applied.flat().toSorted()).toEqual(['0', '0', '3']);

    const handle = await createPostgresDb({ url: database.url });
    const records = await handle.db.$queryRaw`select migration_name from _prisma_migrations where finished_at is not null order by 1`;
    await handle.close();
    expect(records).toEqual([0, 1, 2].map((n) => ({ migration_name: `2026010${n}000000_step` })));
  } finally {
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  }
});
