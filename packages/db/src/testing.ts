import type { DbHandle } from './handle.js';
import { pgliteHandle } from './pglite.js';
import { clonedPglite, PglitePool } from './testing-pglite.js';

export type TestDb = DbHandle & AsyncDisposable;

/**
 * One pool for the whole process: tests that know nothing of each other share it, and a lent database holds nothing of its earlier
 * borrowers.
 */
const databases = new PglitePool(clonedPglite);

/**
 * A migrated, empty database of the test's own, gone after `close` or `await using`.
 *
 * Both are lent: `pglite` is in memory, see {@link PglitePool}; `postgres` is on the server that TEST_DATABASE_URL names, whose user must be
 * allowed to create databases, see `lentPostgres`.
 *
 * @param options `fresh`: a database that nobody had before. A server's planner remembers how large tables were, even after they are
 * emptied.
 */
export async function createTestDb(kind: 'pglite' | 'postgres' = 'pglite', { fresh = false } = {}): Promise<TestDb> {
  if (kind === 'pglite') return disposable(pgliteHandle(await databases.lend()));
  // Load pg only here, so that tests on PGlite do not wait for it.
  const { lentPostgres } = await import('./testing-postgres.js');
  return disposable(await lentPostgres({ fresh }));
}

/** An empty database without tables on the server that TEST_DATABASE_URL names; `drop` ends its connections and removes it. */
export async function createTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const { emptyPostgres } = await import('./testing-postgres.js');
  return emptyPostgres();
}

function disposable(handle: DbHandle): TestDb {
  return { ...handle, [Symbol.asyncDispose]: () => handle.close() };
}
