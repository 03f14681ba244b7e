import { afterAll, beforeAll } from 'vitest';
import type { DbHandle } from './handle.js';
import { migrateSuite } from './migrate.contract.js';
import { createPgliteDb } from './pglite.js';

let handle: DbHandle;
beforeAll(async () => {
  handle = await createPgliteDb({ dataDir: null });
});
afterAll(() => handle?.close());

// Empty the database instead of making a new one, which takes a second.
migrateSuite('pglite', async () => {
  await handle.withSession(({ exec }) => exec('drop schema public cascade; create schema public'));
  return { ...handle, async [Symbol.asyncDispose]() {} };
});
