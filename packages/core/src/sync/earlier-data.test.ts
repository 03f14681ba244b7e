import { blankDatabase, openPglite, pgliteHandle } from '@parley/db/pglite';
import { describe } from 'vitest';
import { earlierData, earlierDataSuite } from './earlier-data.contract.js';

// The oldest has had every migration since; the others are taken over on PostgreSQL (earlier-data.servers.test.ts).
describe('earlier data (pglite)', () => {
  earlierDataSuite(earlierData[0]!, async () => {
    const handle = pgliteHandle(await openPglite({ loadDataDir: await blankDatabase() }));
    return { ...handle, [Symbol.asyncDispose]: () => handle.close() };
  });
});
