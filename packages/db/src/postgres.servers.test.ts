import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../../scripts/lib/servers/ports.mjs';
import { Prisma, isRetryable, isUnavailable, isUniqueViolation } from './index.js';
import type { DbHandle } from './handle.js';
import { createPostgresDb, type PostgresOptions } from './postgres.js';
import { createTestDatabase } from './testing.js';
import { tcpProxy } from './test-support/tcp-proxy.js';

type Opened = DbHandle & AsyncDisposable;
const failure = (work: PromiseLike<unknown>) =>
  Promise.resolve(work).then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error,
  );

describe('a pool on PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  beforeAll(async () => {
    database = await createTestDatabase();
    await using handle = await open();
    await handle.db.$executeRaw`create table items (id int primary key, note text not null default '')`;
  });
  afterAll(() => database?.drop());

  async function open(options: Partial<PostgresOptions> = {}): Promise<Opened> {
    const handle = await createPostgresDb({ url: database.url, ...options });
    return { ...handle, [Symbol.asyncDispose]: () => handle.close() };
  }

  /** The URL of the same database, through another port. */
  function throughPort(port: number): string {
    const url = new URL(database.url);
    url.hostname = '127.0.0.1';
    url.port = String(port);
    return url.href;
  }

  async function proxied() {
    const url = new URL(database.url);
    const proxy = await tcpProxy({ host: url.hostname || '127.0.0.1', port: Number(url.port || 5432) });
    return { proxy, url: throughPort(proxy.port) };
  }

  const backend = async ({ db }: DbHandle) => (await db.$queryRaw<{ pid: number }[]>`select pg_backend_pid() as pid`)[0]?.pid;

  test('an error of a statement does not cost its connection', async () => {
    await using handle = await open({ poolSize: 1 });
    const pid = await backend(handle);
    await handle.db.$executeRaw`insert into items values (1)`;
    for (let n = 0; n < 10; n++)
      expect(isUniqueViolation(await failure(handle.db.$executeRaw`insert into items values (1)`), 'items_pkey')).toBe(true);
    await failure(handle.db.$queryRawUnsafe('selec'));
    expect(await backend(handle)).toBe(pid);
  });

  test('statements are prepared once per connection, unless told otherwise', async () => {
    const prepared = async (handle: DbHandle) => {
      const sql = Prisma.sql`select count(*)::int as n from pg_prepared_statements where name like 'parley_%'`;
      await handle.db.$queryRaw(sql);
      return handle.db.$queryRaw(sql);
    };
    await using handle = await open({ poolSize: 1 });
    expect(await prepared(handle)).toEqual([{ n: 1 }]);
    await using unprepared = await open({ poolSize: 1, prepareStatements: false });
    expect(await prepared(unprepared)).toEqual([{ n: 0 }]);
  });

  test('connections that the server ends, idle or busy, harm neither the process nor later calls', async () => {
    const broken: Error[] = [];
    await using handle = await open({ poolSize: 2, onConnectionError: (error) => broken.push(error) });
    await using other = await open({ poolSize: 1 });
    const busy = failure(handle.db.$queryRaw`select pg_sleep(60)::text`);
    await handle.ping();
    const end = () => other.db.$queryRaw`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`;
    await expect
      .poll(() => other.db.$queryRaw`select 1 from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'`)
      .toHaveLength(1);
    await end();
    expect(isUnavailable(await busy)).toBe(true);
    await expect.poll(() => broken.length).toBeGreaterThan(0);
    await handle.ping();
    expect(await handle.db.$queryRaw`select 1 as one`).toEqual([{ one: 1 }]);
  });

  test('a refused connection fails at once, when opening and later, and is unavailable', async () => {
    const port = await freePort();
    const refused = await failure(createPostgresDb({ url: throughPort(port) }));
    expect(isUnavailable(refused)).toBe(true);
    expect((refused as Error).message).toBe(
      `PostgreSQL at 127.0.0.1:${port} cannot be used: connect ECONNREFUSED 127.0.0.1:${port} (DATABASE_URL)`,
    );

    const { proxy, url } = await proxied();
    await using _ = proxy;
    await using handle = await open({ url });
    await proxy.cut();
    expect(isUnavailable(await failure(handle.ping()))).toBe(true);
    expect(isUnavailable(await failure(handle.db.$queryRaw`select 1`))).toBe(true);
    expect(isUnavailable(await failure(handle.db.handle.findMany()))).toBe(true);
    expect(isUnavailable(await failure(handle.withSession(({ query }) => query('select 1'))))).toBe(true);
    await proxy.open();
    await handle.ping();
  });

  test('a server that accepts and then says nothing makes calls fail within their limits', async () => {
    const { proxy, url } = await proxied();
    await using _ = proxy;
    await using handle = await open({ url, poolSize: 2, connectTimeoutMs: 1_000, statementTimeoutMs: 1_000 });
    proxy.freeze();
    // The first statement goes out on the open connection and waits for its answer; the second waits for a connection.
    const errors = await Promise.all([failure(handle.db.$queryRaw`select 1`), failure(handle.ping())]);
    expect(errors.map(isUnavailable)).toEqual([true, true]);
    proxy.thaw();
    await handle.ping();
  });

  test('a statement that takes too long is ended by the server and its connection kept', async () => {
    await using handle = await open({ poolSize: 1, statementTimeoutMs: 100 });
    const pid = await backend(handle);
    const error = await failure(handle.db.$queryRaw`select pg_sleep(60)::text`);
    expect(isUnavailable(error)).toBe(true);
    expect(isRetryable(error)).toBe(false);
    expect(await backend(handle)).toBe(pid);
  });

  /** Holds the row of one item, as another process might, while `work` goes on. */
  async function whileHeld(id: number, work: (release: () => Promise<void>) => Promise<void>): Promise<void> {
    await using holder = await open({ poolSize: 1 });
    await holder.db.$executeRaw`insert into items values (${id})`;
    await holder.withSession(async (session) => {
      await session.exec(`begin; select 1 from items where id = ${id} for update`);
      await work(() => session.exec('commit'));
    });
  }

  test('a call waits for a free connection as long as the database answers, and `ping` does not wait with it', async () => {
    await using handle = await open({ poolSize: 2, connectTimeoutMs: 1_000, statementTimeoutMs: 60_000 });
    await whileHeld(31, async (release) => {
      const note = (text: string) => handle.db.$executeRaw`update items set note = ${text} where id = 31`;
      const held = Promise.all([note('a'), note('b')]);
      held.catch(() => {});
      const waiting = Promise.all([handle.db.$queryRaw`select 1 as one`, handle.db.$queryRaw`select 2 as two`]);
      waiting.catch(() => {});
      const answered = handle.lastAnswerAt();
      // Three times as long as a new connection may take.
      for (let n = 0; n < 6; n++) {
        await delay(500);
        await handle.ping();
      }
      expect(handle.lastAnswerAt()).toBeGreaterThan(answered);
      await release();
      expect(await waiting).toEqual([[{ one: 1 }], [{ two: 2 }]]);
      expect(await held).toEqual([1, 1]);
    });
  });

  test('a statement that waits for a lock for too long fails alone', async () => {
    await using handle = await open({ poolSize: 2, statementTimeoutMs: 2_000 });
    await whileHeld(32, async () => {
      const held = failure(handle.db.$executeRaw`update items set note = 'held' where id = 32`);
      const others = Promise.all(Array.from({ length: 10 }, () => handle.db.$queryRaw`select 1 as one`));
      expect(await others).toEqual(Array.from({ length: 10 }, () => [{ one: 1 }]));
      expect(isUnavailable(await held)).toBe(true);
    });
  });

  test('calls that wait for a free connection are refused once the database is silent', async () => {
    const { proxy, url } = await proxied();
    await using _ = proxy;
    await using handle = await open({ url, poolSize: 1, connectTimeoutMs: 1_000, statementTimeoutMs: 60_000 });
    const busy = failure(handle.db.$queryRaw`select pg_sleep(60)::text`);
    const waiting = [failure(handle.db.$queryRaw`select 1`), failure(handle.db.$queryRaw`select 1`)];
    proxy.freeze();
    expect((await Promise.all(waiting)).map(isUnavailable)).toEqual([true, true]);
    expect(isUnavailable(await failure(handle.ping()))).toBe(true);
    proxy.thaw();
    expect(isUnavailable(await busy)).toBe(true);
    await handle.ping();
    expect(await handle.db.$queryRaw`select 1 as one`).toEqual([{ one: 1 }]);
  });

  test('at most one connection is made to ask whether the database is there', async () => {
    await using handle = await open({ poolSize: 1, applicationName: 'asks' });
    await using other = await open({ poolSize: 1 });
    await Promise.all(Array.from({ length: 20 }, () => handle.ping()));
    const connections = () => other.db.$queryRaw`select count(*)::int as n from pg_stat_activity where application_name = 'asks'`;
    expect(await connections()).toEqual([{ n: 1 }]);
    await handle.close();
    await expect.poll(connections).toEqual([{ n: 0 }]);
  });

  test('a deadlock may be tried again', async () => {
    await using handle = await open({ poolSize: 2 });
    await handle.db.$executeRaw`insert into items values (11), (12)`;
    // Each statement locks one row, then waits for the other's.
    const lockBoth = (first: number, second: number) =>
      handle.db.$executeRawUnsafe(`do $$ begin
      perform 1 from items where id = ${first} for update;
      perform pg_advisory_xact_lock_shared(${first});
      while (select count(distinct objid) from pg_locks where locktype = 'advisory' and objid in (11, 12)) < 2 loop perform pg_sleep(0.01); end loop;
      perform 1 from items where id = ${second} for update;
    end $$`);
    const results = await Promise.allSettled([lockBoth(11, 12), lockBoth(12, 11)]);
    const failed = results.filter((result) => result.status === 'rejected');
    expect(failed).toHaveLength(1);
    expect(isRetryable(failed[0]?.reason)).toBe(true);
    expect(isUnavailable(failed[0]?.reason)).toBe(false);
  });

  test('a serialisation failure may be tried again', async () => {
    await using handle = await open();
    await handle.db.$executeRaw`insert into items values (21)`;
    const error = await failure(
      handle.withSession((one) =>
        handle.withSession(async (two) => {
          await one.exec('begin isolation level repeatable read; select note from items where id = 21');
          await two.query(`update items set note = 'two' where id = 21`);
          await one.query(`update items set note = 'one' where id = 21`);
        }),
      ),
    );
    expect(isRetryable(error)).toBe(true);
  });

  test('options of the URL are kept beside those that are needed', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c work_mem=3MB -c timezone=Asia/Kolkata');
    url.searchParams.set('application_name', 'mine');
    await using handle = await open({ url: url.href });
    expect(
      await handle.db
        .$queryRaw`select current_setting('work_mem') as mem, current_setting('timezone') as zone, current_setting('application_name') as name`,
    ).toEqual([{ mem: '3MB', zone: 'UTC', name: 'mine' }]);
  });

  test('nothing is printed, whatever goes wrong', async () => {
    const printed: unknown[] = [];
    const streams = [process.stdout, process.stderr] as const;
    const originals = streams.map((stream) => stream.write);
    for (const stream of streams) stream.write = (data: unknown) => (printed.push(data), true);
    try {
      await using handle = await open();
      await failure(handle.db.$queryRawUnsafe('selec'));
      await failure(handle.db.handle.create({ data: { handle: 'no such table' } }));
    } finally {
      streams.forEach((stream, index) => (stream.write = originals[index] as typeof stream.write));
    }
    expect(printed).toEqual([]);
  });
});
