import { createPostgresDb } from '@parley/db/postgres';
import { createTestDatabase } from '@parley/db/testing';
import { describe } from 'vitest';
import { earlierData, earlierDataSuite } from './earlier-data.contract.js';

describe.each(earlierData)('earlier data (postgres)', (name) => {
  earlierDataSuite(name, async () => {
    const { url, drop } = await createTestDatabase();
    const handle = await createPostgresDb({ url, poolSize: 3 });
    return {
      ...handle,
      async [Symbol.asyncDispose]() {
        await handle.close();
        await drop();
      },
    };
  });
});
