import { randomUUID } from 'node:crypto';
import { dropDatabases, testRun } from '../testing-postgres.js';

/** Runs once for a whole run of tests with servers, around all its processes. */
export default function setUp(): () => Promise<void> {
  const run = (process.env[testRun] ??= randomUUID());
  return async () => {
    if (process.env['TEST_DATABASE_URL']) await dropDatabases(run);
  };
}
