import { randomBytes } from 'node:crypto';
import { createTestDb } from '@parley/db/testing';

/** The real servers a suite runs on, with a database and a name on the broker of its own. */
export interface Servers extends AsyncDisposable {
  /** Variables of every process of this deployment. */
  variables: Record<string, string>;
  /** The database itself, to look at what is really stored. */
  database: Awaited<ReturnType<typeof createTestDb>>;
}

/** A fresh deployment on the servers that the test launcher provides. A missing one is an error, never a skip. */
export async function useServers(): Promise<Servers> {
  const natsUrl = required('TEST_NATS_URL');
  const redisUrl = required('TEST_REDIS_URL');
  const base = new URL(required('TEST_DATABASE_URL'));
  const database = await createTestDb('postgres');
  const [row] = await database.db.$queryRawUnsafe<{ name: string }[]>('select current_database()::text as name');
  base.pathname = `/${row!.name}`;
  return {
    database,
    variables: {
      DATABASE_URL: base.href,
      NATS_URL: natsUrl,
      REDIS_URL: redisUrl,
      PARLEY_ENV: `e2e-${randomBytes(6).toString('hex')}`,
      SESSION_SECRET: randomBytes(32).toString('hex'),
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

export function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set. Run this suite by “npm test”, which starts the servers and sets it.`);
  return value;
}
