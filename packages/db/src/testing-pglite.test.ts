import type { PGlite } from '@electric-sql/pglite';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createTestDb } from './testing.js';
import { clonedPglite, PglitePool } from './testing-pglite.js';

const made: PGlite[] = [];
/** Most tests share this pool, because each returns its database clean, which is what they test. */
let pool: PglitePool;

function newPool(): PglitePool {
  return new PglitePool(async () => {
    const pglite = await clonedPglite();
    made.push(pglite);
    return pglite;
  });
}

/** Lends twice, and runs `first` for the first borrower. Returns the second borrower's database, and whether it is the same one. */
async function lendTwice(first: (pglite: PGlite) => Promise<unknown>): Promise<{ same: boolean; second: PGlite }> {
  const lent = await pool.lend();
  const before = made.length;
  await first(lent);
  await lent.close();
  const second = await pool.lend();
  return { same: made.length === before, second };
}

async function only(pglite: PGlite, sql: string): Promise<unknown> {
  const { rows } = await pglite.query<Record<string, unknown>>(sql);
  return Object.values(rows[0] ?? {})[0];
}

const addHandle = `insert into handles (handle) values ('mine')`;
const countHandles = 'select count(*)::int from handles';

describe('a database in memory that is lent again', () => {
  beforeAll(() => void (pool = newPool()));
  afterAll(async () => {
    for (const pglite of made) if (!pglite.closed) await pglite.close();
  });

  test('is the same one, without the rows of the borrower before, and still migrated', async () => {
    const { same, second } = await lendTwice((pglite) => pglite.exec(addHandle));
    expect(same).toBe(true);
    const [filled] = (
      await second.query<{ tables: string[] | null }>(`
        select array_agg(relname) as tables from pg_class join pg_namespace n on n.oid = relnamespace
        where relkind = 'r' and nspname = 'public'
          and (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I', relname), false, true, '')))[1]::text <> '0'`)
    ).rows;
    expect(filled?.tables).toEqual(['_prisma_migrations']);
    await second.close();
  });

  test('has none of the session of the borrower before: settings, locks, an open transaction', async () => {
    const { same, second } = await lendTwice(async (pglite) => {
      await pglite.exec(`set statement_timeout = '7s'; select pg_advisory_lock(1); prepare mine as select 1`);
      await pglite.exec('begin');
      await pglite.exec(addHandle);
    });
    expect(same).toBe(true);
    expect(await only(second, 'show statement_timeout')).toBe('0');
    expect(await only(second, 'show search_path')).toBe('public');
    expect(await only(second, `select count(*)::int from pg_locks where locktype = 'advisory'`)).toBe(0);
    expect(await only(second, 'select count(*)::int from pg_prepared_statements')).toBe(0);
    expect(await only(second, countHandles)).toBe(0);
    await second.close();
  });

  test('makes a table anew that grew large, so that no statement reads past what is gone', async () => {
    const size = `select pg_relation_size('handles')::int`;
    const { same, second } = await lendTwice((pglite) =>
      pglite.exec(`insert into handles (handle) select 'handle-' || n from generate_series(1, 5000) n`),
    );
    expect(same).toBe(true);
    expect(await only(second, size)).toBe(0);
    await second.close();
  });

  test('refuses who gave it back, whatever they still want', async () => {
    let first!: PGlite;
    const { second } = await lendTwice((pglite) => Promise.resolve((first = pglite)));
    await expect(first.exec(addHandle)).rejects.toThrow('closed');
    await expect(first.query(addHandle)).rejects.toThrow('closed');
    await expect(first.transaction((transaction) => transaction.exec(addHandle))).rejects.toThrow('closed');
    await first.close();
    expect(await only(second, countHandles)).toBe(0);
    await second.close();
  });

  test.each([
    ['changed the schema', (pglite: PGlite) => pglite.exec('create table mine (a int)')],
    ['changed it by a query', (pglite: PGlite) => pglite.query('alter table handles add column mine int')],
    ['changed it in a transaction', (pglite: PGlite) => pglite.transaction((transaction) => transaction.exec('drop table invites'))],
    ['gave the planner numbers', (pglite: PGlite) => pglite.exec('analyze')],
    ['touched the record of migrations', (pglite: PGlite) => pglite.exec('delete from _prisma_migrations')],
    ['spoke the protocol itself', (pglite: PGlite) => pglite.runExclusive(() => Promise.resolve())],
  ])('is not the one of a borrower that %s', async (_, change) => {
    const { same, second } = await lendTwice(change);
    expect(same).toBe(false);
    expect(await only(second, `select to_regclass('mine') is null and to_regclass('invites') is not null`)).toBe(true);
    await second.close();
  });

  test('is not the one of a borrower with a statement under way', async () => {
    let outcome!: Promise<unknown>;
    const { same, second } = await lendTwice((pglite) => {
      outcome = pglite.query('select 1').catch((error: unknown) => error);
      return Promise.resolve();
    });
    await outcome;
    expect(same).toBe(false);
    await second.close();
  });

  test('is nobody else’s while it is lent', async () => {
    const [one, two] = await Promise.all([pool.lend(), pool.lend()]);
    await one.exec(addHandle);
    expect(await only(two, countHandles)).toBe(0);
    await one.close();
    await two.close();
  });
});

test('no table takes numbers from a sequence, which emptying it would not set back', async () => {
  await using handle = await createTestDb('pglite');
  expect(await handle.db.$queryRaw`select count(*)::int as sequences from pg_sequences`).toEqual([{ sequences: 0 }]);
});

describe('a database in memory where a test has stopped the clock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('goes on by the real clock, and leaves no timer for the test to count', async () => {
    const pglite = await clonedPglite();
    made.push(pglite);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await pglite.exec("set idle_session_timeout = '1h'");
    expect(vi.getTimerCount()).toBe(0);
  });
});
