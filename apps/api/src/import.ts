import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '@parley/contracts';
import { explainStartFailure } from '@parley/core/explain-start-failure';
import { DataDirectoryInUseError, migrate, type DbHandle } from '@parley/db';
import { createPgliteDb } from '@parley/db/pglite';
import { createPostgresDb } from '@parley/db/postgres';
import { readAdminEnv, type AdminEnv } from './env.js';
import { importOptionsSchema, runImport, type ImportOptions } from './imports/run-import.js';
import { createOperatorBus, stderrLog } from './keeping/operator-bus.js';
import { askForImport } from './operator-door.js';

const usage = `usage: npm run import -- slack <export.zip> --owner <username>
       npm run import -- mattermost <export.jsonl or .zip> --owner <username>
       npm run import -- open-webui <chats.json> --owner <username>
       --owner <username>   who owns rooms whose owner has no account here
       --match-email        gives words to the account that has proved their author's e-mail address
       --match-email-any    also to one that only says so
       --users <users.csv>  Open WebUI: whose chats they are, by e-mail address
       --character <handle> Open WebUI: who answers in the rooms from now on
       --from <name>        tells apart servers that the exports do not
       --report <file>      where to write what did not fit; by default beside the export
What was interrupted goes on when the same command is run again.`;

/** Which of the advisory locks of the database says that an import is under way: random. */
const importLock = 1_893_470_221;

function readOptions(args: string[], folder: string): ImportOptions | null {
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        owner: { type: 'string' },
        'match-email': { type: 'boolean', default: false },
        'match-email-any': { type: 'boolean', default: false },
        users: { type: 'string' },
        character: { type: 'string' },
        from: { type: 'string', default: '' },
        report: { type: 'string' },
      },
    });
    const [kind, file, ...more] = positionals;
    if (file === undefined || more.length > 0) return null;
    return (
      importOptionsSchema.safeParse({
        kind,
        file: resolve(folder, file),
        report: resolve(folder, values.report ?? `${file}.report.jsonl`),
        owner: values.owner,
        matchEmail: values['match-email-any'] ? 'any' : values['match-email'] ? 'verified' : 'no',
        users: values.users === undefined ? null : resolve(folder, values.users),
        character: values.character ?? null,
        from: values.from,
      }).data ?? null
    );
  } catch {
    return null;
  }
}

async function main(args: string[]): Promise<void> {
  const env = readAdminEnv();
  const options = readOptions(args, env.INIT_CWD ?? '.');
  if (!options) {
    process.stdout.write(`${usage}\n`);
    process.exitCode = args[0] === '--help' ? 0 : 1;
    return;
  }
  process.stdout.write(`${await importInto(env, options)}\n`);
}

async function importInto(env: AdminEnv, options: ImportOptions): Promise<string> {
  const progress = everySoOften((line) => process.stderr.write(`${line}\n`));
  if (env.DATABASE_URL) {
    // A session of its own holds the lock.
    const database = await createPostgresDb({ url: env.DATABASE_URL, poolSize: 2 });
    return withDatabase(database, () =>
      database.withSession(async (session) => {
        const [lock] = await session.query<{ ours: boolean }>(`select pg_try_advisory_lock(${importLock}) as ours`);
        if (!lock!.ours) throw new AppError('VALIDATION', 'Another import is under way: wait until that is done.');
        return importBy(database);
      }),
    );
  }
  try {
    const database = await createPgliteDb({ dataDir: env.DATA_DIR, mayMake: false, reserveBytes: env.DISK_RESERVE_MB * 1024 * 1024 });
    return await withDatabase(database, () => importBy(database));
  } catch (error) {
    if (!(error instanceof DataDirectoryInUseError)) throw error;
    const said = await askForImport(env.DATA_DIR, options, progress);
    if (said === null) throw error;
    return said;
  }

  async function importBy(database: DbHandle): Promise<string> {
    const bus = await createOperatorBus(env, 'import');
    return runImport({ db: database.db, bus, log: stderrLog }, options, { progress }).finally(() => bus.close());
  }
}

async function withDatabase<T>(database: DbHandle, work: () => Promise<T>): Promise<T> {
  try {
    await migrate(database, { log: { info() {}, warn() {} } });
    return await work();
  } finally {
    await database.close();
  }
}

/** Says a line at most every two seconds. */
function everySoOften(say: (line: string) => void): (line: string) => void {
  let last = performance.now();
  return (line) => {
    if (performance.now() - last < 2_000) return;
    last = performance.now();
    say(line);
  };
}

main(process.argv.slice(2)).catch(explainStartFailure);
