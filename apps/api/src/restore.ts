import { resolve } from 'node:path';
import { explainStartFailure } from '@parley/core/explain-start-failure';
import { examineBackup, isOfThisBuild, operatorConnection, restoreBackup, sayProgress } from '@parley/db/backup';
import { BackupError } from '@parley/db';
import { makePgliteDb } from '@parley/db/pglite';
import { createPostgresDb } from '@parley/db/postgres';
import { readAdminEnv } from './env.js';
import { databaseName } from './keeping/database-name.js';

const usage = `usage: npm run restore -- <file>                 puts a backup into an empty DATA_DIR, or the empty database of DATABASE_URL
       npm run restore -- <file> --drop <what>   drops what is there first: <what> names it, as the refusal says`;

async function main(args: string[]): Promise<void> {
  const [file, option, dropped] = args;
  if (file === undefined || file.startsWith('-') || (option !== undefined && (option !== '--drop' || !dropped)) || args.length > 3) {
    process.stdout.write(`${usage}\n`);
    process.exitCode = file === '--help' ? 0 : 1;
    return;
  }
  const { DATABASE_URL: url, DATA_DIR: dataDir, INIT_CWD: folder = '.' } = readAdminEnv();
  const name = url ? databaseName(url) : resolve(dataDir);
  const drop = dropped !== undefined;
  if (drop && dropped !== name) throw new BackupError(`--drop names ${dropped}, and the backup would go to ${name}. Nothing was changed.`);
  const progress = sayProgress((line) => process.stderr.write(`${line}\n`));
  const path = resolve(folder, file);
  const manifest = await examineBackup(path);
  const given = { file: path, whose: name, progress };
  if (url) {
    const database = await createPostgresDb({ url, poolSize: 1, applicationName: operatorConnection });
    await restoreBackup(database, { ...given, there: drop ? 'drop' : 'refuse' }).finally(() => database.close());
  } else {
    const refuse = (directory: string) =>
      new BackupError(`${directory} has data of Parley already. Nothing of it was changed. To lose it: --drop ${directory}`);
    const migrated = await isOfThisBuild(manifest.migrations);
    await makePgliteDb(dataDir, { migrated, drop, goesOn: false, refuse }, (database) =>
      restoreBackup(database, { ...given, there: 'blank' }),
    );
  }
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  process.stdout.write(`${name} has what ${file} holds: ${rows} rows of ${manifest.madeAt}.\n`);
}

main(process.argv.slice(2)).catch(explainStartFailure);
