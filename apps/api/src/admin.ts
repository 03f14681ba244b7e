import { createMemoryBus } from '@parley/bus/memory';
import { createNatsBus } from '@parley/bus/nats';
import { createInvite, disableAccount, enableAccount, setAdmin, type CoreDeps } from '@parley/core';
import { migrate } from '@parley/db';
import { createPostgresDb } from '@parley/db/postgres';
import { createPgliteDb } from '@parley/db/pglite';
import { readAdminEnv, type AdminEnv } from './env.js';
import { explainStartFailure } from './operations/start-failure.js';

const usage = `usage: npm run admin -- <username>             makes that person an admin of this instance
       npm run admin -- --disable <username>   signs that person out everywhere, and lets them in no more
       npm run admin -- --enable <username>    lets them in again
       npm run admin -- --invite               prints a code for one registration, good for seven days`;

async function main([argument, name]: string[]): Promise<void> {
  const task = taskOf(argument, name);
  if (!task) {
    process.stdout.write(`${usage}\n`);
    process.exitCode = argument === '--help' ? 0 : 1;
    return;
  }
  const env = readAdminEnv();
  const database = env.DATABASE_URL
    ? await createPostgresDb({ url: env.DATABASE_URL, poolSize: 1 })
    : await createPgliteDb({ dataDir: env.DATA_DIR });
  try {
    // A database nobody started yet is brought to the schema, so that “no such person” is what one reads, not a missing table.
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

/** @returns what to do, which resolves to what to say; null for arguments that are none of ours */
function taskOf(argument: string | undefined, name: string | undefined): ((deps: CoreDeps) => Promise<string>) | null {
  switch (argument) {
    case '--invite':
      return createInvite;
    case '--disable':
      return name ? (deps) => disableAccount(deps, name).then(() => `${name} is signed out and disabled.`) : null;
    case '--enable':
      return name ? (deps) => enableAccount(deps, name).then(() => `${name} may sign in again.`) : null;
    default:
      return argument && !argument.startsWith('-') ? (deps) => setAdmin(deps, argument).then(() => `${argument} is an admin now.`) : null;
  }
}

/** To tell running APIs at once. Without a bus they find out for themselves, at the next sweep over their sockets. */
function createBus({ NATS_URL: servers, PARLEY_ENV: env }: AdminEnv) {
  const onError = (error: unknown) => stderrLog.warn({ err: error }, 'the bus reports an error');
  return servers ? createNatsBus({ servers, name: 'admin', env, onError }) : createMemoryBus({ env, onError });
}

const say = (context: object, message: string) => void process.stderr.write(`${message} ${JSON.stringify(context)}\n`);
const stderrLog: CoreDeps['log'] = { info() {}, warn: say, error: say };

main(process.argv.slice(2)).catch(explainStartFailure);
