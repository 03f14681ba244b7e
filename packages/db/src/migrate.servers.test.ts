import { migrateSuite } from './migrate.contract.js';
import { createPostgresDb } from './postgres.js';
import { createTestDatabase } from './testing.js';

migrateSuite('postgres', async () => {
  const database = await createTestDatabase();
  const handle = await createPostgresDb({ url: database.url });
  return {
    ...handle,
    async [Symbol.asyncDispose]() {
      await handle.close();
      await database.drop();
    },
  };
});
