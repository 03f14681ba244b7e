import { createMemoryBus } from '@parley/bus/memory';
import { createNatsBus } from '@parley/bus/nats';
import { createInvite } from '@parley/core/accounts/create-invite';
import { disableAccount } from '@parley/core/accounts/disable-account';
import { enableAccount } from '@parley/core/accounts/enable-account';
import { setAdmin } from '@parley/core/accounts/set-admin';
import type { CoreDeps } from '@parley/core/deps';
import { explainStartFailure } from '@parley/core/explain-start-failure';
import { migrate } from '@parley/db';
import { createPostgresDb } from '@parley/db/postgres';
import { createPgliteDb } from '@parley/db/pglite';
import { readAdminEnv, type AdminEnv } from './env.js';

const usage = `usage: npm run admin -- <username>             makes that person an admin of this instance
       npm run admin -- --disable <username>   signs that person out everywhere, and lets them in no more
       npm run admin -- --enable <username>    lets them in again
       npm run admin -- --invite               prints a code for one registration, good for seven days`;

async function main(args: string[]): Promise<void> {
  const task = taskOf(args);
  if (!task) {
    process.stdout.write(`${usage}\n`);
    process.exitCode = args[0] === '--help' ? 0 : 1;
    return;
  }
  const env = readAdminEnv();
  const database = env.DATABASE_URL
    ? await createPostgresDb({ url: env.DATABASE_URL, poolSize: 1 })
    : await createPgliteDb({ dataDir: env.DATA_DIR });
  try {
    // A database that was never started is migrated first, so that the operator reads “no such person” and not “missing table”.
    await migrate(database, { log: { info() {}, warn() {} } });
    const bus = await createBus(env);
    try {
      process.stdout.write(`${await task({ db: database.db, bus, log: stderrLog })}\n`);
    } finally {
      await bus.close();
    }
  } finally {
    await database.close();
  }
}

/**
 * @returns the task, which resolves to the line to print; null for unknown or surplus arguments: `ann --disable` must not make ann an
 * admin
 */
function taskOf([first = '', second, ...more]: string[]): ((deps: CoreDeps) => Promise<string>) | null {
  if (more.length > 0) return null;
  if (second === undefined) {
    if (first === '--invite') return createInvite;
    return isName(first) ? (deps) => setAdmin(deps, first).then(() => `${first} is an admin now.`) : null;
  }
  if (!isName(second)) return null;
  switch (first) {
    case '--disable':
      return (deps) => disableAccount(deps, null, { username: second }).then(() => `${second} is signed out and disabled.`);
    case '--enable':
      return (deps) => enableAccount(deps, null, { username: second }).then(() => `${second} may sign in again.`);
    default:
      return null;
  }
}

function isName(argument: string): boolean {
  return argument !== '' && !argument.startsWith('-');
}

/** The bus tells running APIs at once. Without a bus the APIs notice at the next sweep over their sockets. */
function createBus({ NATS_URL: servers, PARLEY_ENV: env }: AdminEnv) {
  const onError = (error: unknown) => stderrLog.warn({ err: error }, 'the bus reports an error');
  return servers ? createNatsBus({ servers, name: 'admin', env, onError }) : createMemoryBus({ env, onError });
}

const say = (context: object, message: string) => void process.stderr.write(`${message} ${JSON.stringify(context)}\n`);
const stderrLog: CoreDeps['log'] = { info() {}, warn: say, error: say };

main(process.argv.slice(2)).catch(explainStartFailure);
