import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, chownSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPostgresDb } from '@parley/db/postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificates } from '../../scripts/lib/servers/certificates.mjs';
import { startChild, waitUntilReady } from '../../scripts/lib/servers/child.mjs';
import { freePort, isPortFree } from '../../scripts/lib/servers/ports.mjs';
import { startPostgres } from '../../scripts/lib/servers/postgres.mjs';
import { throwAwayDirectory } from '../../scripts/lib/servers/provision.mjs';
import { readHealth } from './faults/harness/health.js';
import { register } from './harness/person.js';
import { startProcess, type RunningProcess } from './harness/processes.js';
import { required } from './harness/servers.js';

/** What is started, the last first to be ended. */
const stops: (() => Promise<unknown>)[] = [];
const password = randomBytes(12).toString('hex');
let variables: Record<string, string>;
let endPrimary: () => Promise<void>;
/** Statements of the pool's own connections, straight from PostgreSQL. */
let database: Awaited<ReturnType<typeof createPostgresDb>>;

type Child = ReturnType<typeof startChild>;

/** Starts a server and waits until it takes connections. */
async function serve(name: string, port: number, file: string, args: string[], options: Parameters<typeof startChild>[3]): Promise<Child> {
  const child = startChild(name, file, args, options);
  stops.push(() => child.stop());
  await waitUntilReady(child, async () => !(await isPortFree(port)));
  return child;
}

// Every server speaks TLS alone, asks who it is, and its certificate is one that only NODE_EXTRA_CA_CERTS makes good.
beforeAll(async () => {
  const { path: directory, remove } = throwAwayDirectory('parley-secured-');
  stops.push(async () => remove());
  const tls = makeCertificates(join(directory, 'tls'));
  chmodSync(tls.key, 0o644);

  const postgresPort = await freePort();
  const binary = join(required('PG_BIN_DIR'), 'postgres');
  const postgres = await startPostgres({ binary, directory: join(directory, 'postgres'), port: postgresPort, durable: false });
  stops.push(() => postgres.child.stop());
  const { account } = postgres;
  /** A file that PostgreSQL's account alone may read. */
  const owned = (from: string, name: string) => {
    const to = join(directory, 'postgres', name);
    copyFileSync(from, to);
    chmodSync(to, 0o600);
    if (account) chownSync(to, account.uid, account.gid);
    return to;
  };
  const plain = await createPostgresDb({ url: postgres.url, poolSize: 1 });
  const { db } = plain;
  await db.$executeRawUnsafe(`create role parley login password '${password}'`);
  await db.$executeRawUnsafe('create database parley owner parley');
  for (const [name, value] of Object.entries({
    ssl_cert_file: owned(tls.cert, 'tls.crt'),
    ssl_key_file: owned(tls.key, 'tls.key'),
    ssl: 'on',
    // Far from UTC: a time that is read in the server's zone is hours off.
    timezone: 'Asia/Kolkata',
  }))
    await db.$executeRawUnsafe(`alter system set ${name} = '${value}'`);
  await db.$executeRawUnsafe('select pg_reload_conf()');
  await plain.close();

  const bouncerPort = await freePort();
  const home = join(directory, 'pgbouncer');
  mkdirSync(home);
  writeFileSync(join(home, 'users.txt'), `"parley" "${password}"\n`);
  writeFileSync(
    join(home, 'pgbouncer.ini'),
    `[databases]
parley = host=127.0.0.1 port=${postgresPort} dbname=parley
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${bouncerPort}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(home, 'users.txt')}
pool_mode = transaction
default_pool_size = 3
client_tls_sslmode = require
client_tls_cert_file = ${tls.cert}
client_tls_key_file = ${owned(tls.key, 'pgbouncer.key')}
server_tls_sslmode = verify-full
server_tls_ca_file = ${tls.ca}
`,
  );
  chmodSync(home, 0o755);
  await serve('PgBouncer', bouncerPort, required('PGBOUNCER_PATH'), [join(home, 'pgbouncer.ini')], { cwd: home, account });

  const natsPort = await freePort();
  const natsConf = join(directory, 'nats.conf');
  writeFileSync(
    natsConf,
    `listen: "127.0.0.1:${natsPort}"
jetstream { store_dir: "${join(directory, 'nats')}" }
tls { cert_file: "${tls.cert}", key_file: "${tls.key}" }
accounts {
  PARLEY: { jetstream: enabled, users: [ { user: parley, password: "${password}" } ] }
  OTHER: { users: [ { user: other, password: "${password}" } ] }
}
`,
  );
  await serve('NATS', natsPort, required('NATS_SERVER_PATH'), ['-c', natsConf], { cwd: directory });

  const secured = ['--port', '0', '--tls-cert-file', tls.cert, '--tls-key-file', tls.key, '--tls-ca-cert-file', tls.ca];
  secured.push('--tls-auth-clients', 'no', '--tls-replication', 'yes', '--bind', '127.0.0.1');
  const redis = async (name: string, more: string[] = []) => {
    const port = await freePort();
    const cwd = join(directory, name);
    mkdirSync(cwd);
    const args = [...secured, '--tls-port', String(port), '--requirepass', password, '--masterauth', password, '--save', '', ...more];
    return { port, child: await serve(name, port, required('REDIS_SERVER_PATH'), args, { cwd }) };
  };
  const primary = await redis('primary');
  await redis('replica', ['--replicaof', '127.0.0.1', String(primary.port)]);
  endPrimary = () => primary.child.stop({ graceMs: 0 });
  const sentinelPort = await freePort();
  const sentinelConf = join(directory, 'sentinel.conf');
  writeFileSync(
    sentinelConf,
    `sentinel monitor main 127.0.0.1 ${primary.port} 1
sentinel auth-pass main ${password}
sentinel down-after-milliseconds main 3000
sentinel failover-timeout main 5000
`,
  );
  const sentinelArgs = [sentinelConf, '--sentinel', ...secured, '--tls-port', String(sentinelPort)];
  await serve('Sentinel', sentinelPort, required('REDIS_SERVER_PATH'), sentinelArgs, { cwd: directory });

  const at = (port: number) => `postgresql://parley:${password}@127.0.0.1:${port}/parley?sslmode=verify-full`;
  variables = {
    NODE_EXTRA_CA_CERTS: tls.ca,
    DATABASE_URL: at(bouncerPort),
    DATABASE_DIRECT_URL: at(postgresPort),
    NATS_URL: `tls://parley:${password}@127.0.0.1:${natsPort}`,
    REDIS_URL: `rediss+sentinel://:${password}@127.0.0.1:${sentinelPort}/main`,
    SESSION_SECRET: randomBytes(32).toString('hex'),
    PORT: '0',
    LOG_LEVEL: 'info',
    DEFAULT_MODEL: 'built-in',
    BUILT_IN_WORDS_PER_SECOND: '0',
    REGISTRATION: 'open',
    DATABASE_CONNECT_MS: '120000',
    DATABASE_STATEMENT_MS: '120000',
  };
  database = await createPostgresDb({ url: postgres.url.replace(/\/postgres$/, '/parley'), poolSize: 1 });
  stops.push(() => database.close());
});
afterAll(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const started = (running: RunningProcess) => {
  stops.push(() => running.stop());
  return running;
};

test('over TLS everywhere, through PgBouncer’s transactions, in an account of NATS and by sentinels of Redis, people talk and are answered', async () => {
  const migrated = startProcess('migrate', variables);
  expect((await migrated.exited).code, migrated.output()).toBe(0);
  expect(migrated.output()).toMatch(/migrations that were missing: [1-9]\d*\n$/);

  const api = started(startProcess('api', variables));
  const [, url] = await api.printed(/"url":"(http[^"]+)"[^\n]*"msg":"ready"/);
  const worker = started(startProcess('worker', variables));
  await worker.printed(/"app":"worker"[^\n]*"msg":"ready"/);
  await using person = await register(url!, 'petra');
  const { id: roomId } = await person.http.rooms.create.mutate({ name: 'Secured' });
  const { events } = person.read(roomId);
  await events.until((items) => items.length > 0);
  // More at once than PgBouncer has connections: each statement may run on another of them.
  const said = Array.from({ length: 40 }, (_, index) => `said ${index}`);
  const before = Date.now();
  const sent = await Promise.all(said.map((content) => person.http.messages.send.mutate({ roomId, clientId: randomUUID(), content })));
  for (const { message } of sent) expect(Math.abs(Date.parse(message!.createdAt) - before)).toBeLessThan(15 * 60_000);
  await person.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '@ada what was said?' });
  await events.until((items) =>
    items.some(({ data }) => data.type === 'message' && data.message.kind === 'reply' && data.message.status === 'complete'),
  );
  const told = new Set(events.items.flatMap(({ data }) => (data.type === 'message' ? [data.message.content] : [])));
  expect(said.filter((content) => !told.has(content))).toEqual([]);
  expect((await readHealth(url!)).parts).toMatchObject({ database: 'ok', bus: 'ok', presence: 'ok' });
  // All through TLS, and nobody but the migrations' session has prepared anything on the server.
  const [row] = await database.db.$queryRawUnsafe<{ plain: number; all: number }[]>(
    `select count(*) filter (where not s.ssl)::int as plain, count(*)::int as all
     from pg_stat_ssl s join pg_stat_activity a using (pid) where a.usename = 'parley'`,
  );
  expect(row!.plain).toBe(0);
  expect(row!.all).toBeGreaterThan(0);
  expect(row!.all).toBeLessThanOrEqual(3);

  // Sentinels make the replica the primary, and whoever is here shows again.
  await endPrimary();
  await expect.poll(async () => (await readHealth(url!)).parts.presence).toBe('away');
  await expect.poll(async () => (await readHealth(url!)).parts.presence).toBe('ok');
  expect((await person.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'after' })).message!.content).toBe('after');
});
