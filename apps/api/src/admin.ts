import { explainStartFailure } from '@parley/core/explain-start-failure';
import { DataDirectoryInUseError, migrate } from '@parley/db';
import { createPostgresDb } from '@parley/db/postgres';
import { createPgliteDb } from '@parley/db/pglite';
import { readAdminEnv } from './env.js';
import { createOperatorBus, stderrLog } from './keeping/operator-bus.js';
import { askRunningServer } from './operator-door.js';
import { notUnderstood, operatorTask, operatorUsage } from './operator-task.js';

async function main(args: string[]): Promise<void> {
  const task = operatorTask(args);
  if (!task) {
    if (args.length > 0 && args[0] !== '--help') process.stdout.write(`${notUnderstood(args)}\n`);
    process.stdout.write(`${operatorUsage}\n`);
    process.exitCode = args[0] === '--help' ? 0 : 1;
    return;
  }
  const env = readAdminEnv();
  const database = env.DATABASE_URL ? await createPostgresDb({ url: env.DATABASE_URL, poolSize: 1 }) : await ownDataDirectory(env.DATA_DIR);
  if (!database) {
    process.stdout.write(`${await byRunningServer(env.DATA_DIR, args)}\n`);
    return;
  }
  try {
    // A database that was never started is migrated first, so that the operator reads “no account named …” and not “missing table”.
    await migrate(database, { log: { info() {}, warn() {} } });
    const bus = await createOperatorBus(env, 'admin');
    try {
      process.stdout.write(`${await task({ db: database.db, bus, log: stderrLog })}\n`);
    } finally {
      await bus.close();
    }
  } finally {
    await database.close();
  }
}

/** The embedded database; null while a running server has it. It must be there: what a mistyped DATA_DIR would be given is used by nobody. */
async function ownDataDirectory(dataDir: string) {
  try {
    return await createPgliteDb({ dataDir, mayMake: false });
  } catch (error) {
    if (error instanceof DataDirectoryInUseError) return null;
    throw error;
  }
}

async function byRunningServer(dataDir: string, args: string[]): Promise<string> {
  const line = await askRunningServer(dataDir, args);
  if (line === null) throw new DataDirectoryInUseError(dataDir);
  return line;
}

main(process.argv.slice(2)).catch(explainStartFailure);
