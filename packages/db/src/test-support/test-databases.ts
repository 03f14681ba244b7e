import { randomUUID } from 'node:crypto';
import { dropDatabases, testRun } from '../testing-postgres.js';

/** Once a run of tests with servers, around all of its processes. */
export default function setUp(): () => Promise<void> {
  const run = (process.env[testRun] ??= randomUUID());
  return async () => {
    if (process.env['TEST_DATABASE_URL']) await dropDatabases(run);
  };
}
