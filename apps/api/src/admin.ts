import { createInvite, setAdmin, type CoreDeps } from '@parley/core';
import { migrate } from '@parley/db';
import { createPostgresDb } from '@parley/db/postgres';
import { createPgliteDb } from '@parley/db/pglite';
import { readAdminEnv } from './env.js';
import { explainStartFailure } from './operations/start-failure.js';

const usage = `usage: npm run admin -- <username>     makes that person an admin of this instance
       npm run admin -- --invite       prints a code for one registration, good for seven days`;

async function main([argument]: string[]): Promise<void> {
  if (!argument || argument === '--help') {
    process.stdout.write(`${usage}\n`);
    process.exitCode = argument ? 0 : 1;
    return;
  }
  const { DATABASE_URL: url, DATA_DIR: dataDir } = readAdminEnv();
  const database = url ? await createPostgresDb({ url, poolSize: 1 }) : await createPgliteDb({ dataDir });
  try {
    // A database nobody started yet is brought to the schema, so that “no such person” is what one reads, not a missing table.
    await migrate(database, { log: { info() {}, warn() {} } });
    const deps: Pick<CoreDeps, 'db'> = database;
    if (argument === '--invite') process.stdout.write(`${await createInvite(deps)}\n`);
    else {
      await setAdmin(deps, argument);
      process.stdout.write(`${argument} is an admin now.\n`);
    }
  } finally {
    await database.close();
  }
}

main(process.argv.slice(2)).catch(explainStartFailure);
