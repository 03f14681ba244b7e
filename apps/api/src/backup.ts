import { resolve } from 'node:path';
import { explainStartFailure } from '@parley/core/explain-start-failure';
import { DataDirectoryInUseError } from '@parley/db';
import { copyRunningDatabase, operatorConnection, sayProgress, writeBackup } from '@parley/db/backup';
import { createPgliteDb } from '@parley/db/pglite';
import { createPostgresDb } from '@parley/db/postgres';
import { readAdminEnv } from './env.js';
import { askForCopy } from './operator-door.js';
import { databaseName } from './keeping/database-name.js';

const usage = `usage: npm run backup              writes all that Parley stores to a new file in this folder, also while the servers run
       npm run backup -- <file>    writes it to this file, which must not be there yet`;

async function main(args: string[]): Promise<void> {
  if (args.length > 1 || args[0]?.startsWith('-')) {
    process.stdout.write(`${usage}\n`);
    process.exitCode = args[0] === '--help' ? 0 : 1;
    return;
  }
  const env = readAdminEnv();
  const file = resolve(env.INIT_CWD ?? '.', args[0] ?? `parley-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.backup.gz`);
  await using source = await openSource(env);
  const { manifest, bytes } = await writeBackup(source.database, {
    file,
    whose: source.name,
    progress: sayProgress((line) => process.stderr.write(`${line}\n`)),
  });
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  process.stdout.write(
    `${file} has all of ${source.name}: ${rows} rows, ${Math.ceil(bytes / 1024)} kB. Keep it where only you can read it.\n`,
  );
}

/** The database of either shape, to be read; of an embedded server that runs a copy, which that server makes. */
async function openSource({ DATABASE_URL: url, DATA_DIR: dataDir, DISK_RESERVE_MB: reserve }: ReturnType<typeof readAdminEnv>) {
  if (url) {
    const database = await createPostgresDb({ url, poolSize: 1, applicationName: operatorConnection });
    return { database, name: databaseName(url), [Symbol.asyncDispose]: () => database.close() };
  }
  const name = resolve(dataDir);
  try {
    const database = await createPgliteDb({ dataDir, mayMake: false });
    return { database, name, [Symbol.asyncDispose]: () => database.close() };
  } catch (error) {
    if (!(error instanceof DataDirectoryInUseError)) throw error;
    const copy = await askForCopy(dataDir);
    if (!copy) throw error;
    const database = await openCopy().catch((cause: unknown) => {
      copy.close();
      throw cause;
    });
    async function openCopy() {
      await copyRunningDatabase({ dataDir: name, to: copy!.dataDir, reserveBytes: reserve * 1024 * 1024, end: () => copy!.copied() });
      return createPgliteDb({ dataDir: copy!.dataDir, mayMake: false });
    }
    return { database, name, [Symbol.asyncDispose]: () => database.close().finally(() => copy.close()) };
  }
}

// Ends by `exit`, so that what is unfinished is removed.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143));
main(process.argv.slice(2)).catch(explainStartFailure);
