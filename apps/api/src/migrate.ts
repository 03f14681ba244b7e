import { explainStartFailure } from '@parley/core/explain-start-failure';
import { migrate } from '@parley/db';
import { createPostgresDb } from '@parley/db/postgres';
import { readMigrateEnv } from './env.js';

const usage = `usage: npm run migrate    brings the database at DATABASE_URL to this version's schema, and starts nothing

Every API and worker does the same at its start. Before an upgrade of many processes this does it once: if it fails, the old ones run on.`;

async function main(args: string[]): Promise<void> {
  if (args.length > 0) {
    process.stdout.write(`${usage}\n`);
    process.exitCode = args[0] === '--help' ? 0 : 1;
    return;
  }
  const env = readMigrateEnv();
  const database = await createPostgresDb({
    url: env.DATABASE_DIRECT_URL ?? env.DATABASE_URL,
    poolSize: 1,
    applicationName: 'parley-migrate',
  });
  try {
    const log = {
      info: (fields: object) => process.stdout.write(`${JSON.stringify(fields)}\n`),
      warn: (fields: object, message: string) => process.stderr.write(`${message}: ${JSON.stringify(fields)}\n`),
    };
    const { applied } = await migrate(database, { log });
    process.stdout.write(`The schema is up to date; migrations that were missing: ${applied.length}\n`);
  } finally {
    await database.close();
  }
}

main(process.argv.slice(2)).catch(explainStartFailure);
