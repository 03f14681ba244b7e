import { afterEach, describe, expect, test, vi } from 'vitest';
import type { DbHandle } from './index.js';
import { testingSuite } from './testing.contract.js';
import { createTestDb } from './testing.js';

testingSuite('postgres');

afterEach(() => vi.unstubAllEnvs());

test('a database that is not lent again is dropped when it is closed', async () => {
  await using watcher = await createTestDb('postgres');
  const gone = await createTestDb('postgres');
  const [row] = await gone.db.$queryRaw<{ name: string }[]>`select current_database()::text as name`;
  await gone.close();
  expect(await watcher.db.$queryRaw`select 1 from pg_database where datname = ${row?.name}`).toEqual([]);
});

test('without a server the test fails with what to set', async () => {
  vi.stubEnv('TEST_DATABASE_URL', '');
  await expect(createTestDb('postgres')).rejects.toThrow(/TEST_DATABASE_URL is not set/);
});

/** The database's number, read from a lock that the statement itself holds: asking for the name would keep it from being lent again. */
async function whichOne({ db }: DbHandle): Promise<number> {
  const [row] = await db.$queryRaw<{ database: number }[]>`
    select database::int from pg_locks where pid = pg_backend_pid() and locktype = 'relation' limit 1`;
  return row!.database;
}

/** Lends twice, and runs `first` for the first borrower. Returns the second borrower's database, and whether it is the same one. */
async function lendTwice(first: (handle: DbHandle) => unknown) {
  const lent = await createTestDb('postgres');
  const before = await whichOne(lent);
  await first(lent);
  await lent.close();
  const second = await createTestDb('postgres');
  return { same: (await whichOne(second)) === before, second };
}

describe('a database on a server that is lent again', () => {
  test('is the same one, without the rows of the borrower before, and still migrated', async () => {
    const { same, second } = await lendTwice(async ({ db, withSession }) => {
      await db.handle.create({ data: { handle: 'mine' } });
      await db.$executeRaw`insert into handles (handle) values (${'yours'})`;
      await withSession(({ query }) => query(`insert into handles (handle) values ('theirs')`));
    });
    await using _ = second;
    expect(same).toBe(true);
    expect(
      await second.db.$queryRaw`
      select array_agg(relname::text) as filled from pg_class join pg_namespace n on n.oid = relnamespace
      where relkind = 'r' and nspname = 'public'
        and (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I', relname), false, true, '')))[1]::text <> '0'`,
    ).toEqual([{ filled: ['_prisma_migrations'] }]);
  });

  test('refuses who gave it back, whatever they still want', async () => {
    let first!: DbHandle;
    const { second } = await lendTwice((handle) => (first = handle));
    await using _ = second;
    await expect(first.db.$executeRaw`insert into handles (handle) values ('mine')`).rejects.toThrow('closed');
    await expect(first.db.$queryRawUnsafe('select 1')).rejects.toThrow('closed');
    expect(() => first.db.handle).toThrow('closed');
    await expect(first.withSession(({ query }) => query('select 1'))).rejects.toThrow('closed');
    await expect(first.ping()).rejects.toThrow('closed');
    expect(await second.db.handle.count()).toBe(0);
  });

  test.each<[string, (handle: DbHandle) => unknown]>([
    ['changed the schema', ({ db }) => db.$executeRaw`create table mine (a int)`],
    ['changed it by a script', ({ withSession }) => withSession(({ exec }) => exec('alter table handles add column mine int'))],
    ['changed it by a text', ({ db }) => db.$executeRawUnsafe('drop table invites')],
    ['changed settings of a connection', ({ db }) => db.$executeRaw`set statement_timeout = '7s'`],
    ['holds a lock of a connection', ({ db }) => db.$queryRaw`select 1 from (select pg_advisory_lock(1)) as held`],
    ['touched the record of migrations', ({ db }) => db.$executeRaw`delete from _prisma_migrations`],
    ['used the client for more than statements', ({ db }) => db.$transaction([])],
    ['ended its connections', ({ db }) => db.$queryRaw`select pg_terminate_backend(pg_backend_pid())`.catch(() => {})],
    ['has a statement under way', ({ db }) => void db.$queryRaw`select 1 from pg_sleep(0.1)`.catch(() => {})],
  ])('is not the one of a borrower that %s', async (what, change) => {
    const { same, second } = await lendTwice(change);
    await using _ = second;
    // The connection pool replaces ended connections, so a database whose connections were ended may be lent again.
    expect(same).toBe(what === 'ended its connections');
    expect(await second.db.$queryRaw`select to_regclass('mine') is null and to_regclass('invites') is not null as whole`).toEqual([
      { whole: true },
    ]);
    expect(await second.db.$queryRaw`show statement_timeout`).toEqual([{ statement_timeout: '10s' }]);
  });
});
