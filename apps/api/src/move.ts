import { resolve } from 'node:path';
import { explainStartFailure } from '@parley/core/explain-start-failure';
import { BackupError, type DbHandle } from '@parley/db';
import { moveDatabase, operatorConnection, sayProgress } from '@parley/db/backup';
import { createPgliteDb, makePgliteDb } from '@parley/db/pglite';
import { createPostgresDb } from '@parley/db/postgres';
import { readAdminEnv } from './env.js';
import { databaseName } from './keeping/database-name.js';

const usage = `usage: npm run move -- --to <DATABASE_URL>   moves all that DATA_DIR holds into an empty PostgreSQL database
       npm run move -- --to <folder>         moves all that the database of DATABASE_URL holds into an empty data directory
Stop the servers first. What was interrupted goes on when the same command is run again.`;

async function main(args: string[]): Promise<void> {
  const [option, to] = args;
  if (option !== '--to' || to === undefined || args.length > 2) {
    process.stdout.write(`${usage}\n`);
    process.exitCode = option === '--help' ? 0 : 1;
    return;
  }
  const { DATABASE_URL: url, DATA_DIR: dataDir, INIT_CWD: folder = '.' } = readAdminEnv();
  const isUrl = /^postgres(?:ql)?:\/\//.test(to);
  const fromName = url ? databaseName(url) : resolve(dataDir);
  const toName = isUrl ? databaseName(to) : resolve(folder, to);
  if (fromName === toName) throw new BackupError(`${toName} is where the data are: name another place.`);
  const from = url
    ? await createPostgresDb({ url, poolSize: 1, applicationName: operatorConnection })
    : await createPgliteDb({ dataDir, mayMake: false });
  try {
    const progress = sayProgress((line) => process.stderr.write(`${line}\n`));
    const rows = await withTarget(to, toName, isUrl, (target) => moveDatabase({ from, to: target, fromName, toName, progress }));
    process.stdout.write(`${toName} has all that ${fromName} has: ${rows} rows, each compared. ${fromName} is as it was.\n`);
  } finally {
    await from.close();
  }
}

async function withTarget<T>(to: string, toName: string, isUrl: boolean, work: (target: DbHandle) => Promise<T>): Promise<T> {
  if (isUrl) {
    const target = await createPostgresDb({ url: to, poolSize: 1, applicationName: operatorConnection });
    return work(target).finally(() => target.close());
  }
  const refuse = () => new BackupError(`${toName} has data of Parley already. Nothing of it was changed: name an empty one.`);
  return makePgliteDb(toName, { migrated: false, drop: false, goesOn: true, refuse }, work);
}

main(process.argv.slice(2)).catch(explainStartFailure);
