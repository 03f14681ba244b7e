import { afterEach, expect, test, vi } from 'vitest';
import { testingSuite } from './testing.contract.js';
import { createTestDb } from './testing.js';

testingSuite('postgres');

afterEach(() => vi.unstubAllEnvs());

test('a database is dropped when it is closed', async () => {
  await using watcher = await createTestDb('postgres');
  const gone = await createTestDb('postgres');
  const [row] = await gone.db.$queryRaw<{ name: string }[]>`select current_database()::text as name`;
  await gone.close();
  expect(await watcher.db.$queryRaw`select 1 from pg_database where datname = ${row?.name}`).toEqual([]);
});

test('without a server the test fails with what to set', async () => {
  vi.stubEnv('TEST_DATABASE_URL', '');
  await expect(createTestDb('postgres')).rejects.toThrow(/TEST_DATABASE_URL is not set/);
});
