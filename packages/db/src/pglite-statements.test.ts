import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clonedPglite } from './testing-pglite.js';

describe('statements that a database in this process keeps', () => {
  let pglite: PGlite;
  beforeAll(async () => {
    pglite = await clonedPglite();
  });
  afterAll(() => pglite?.close());
  beforeEach(() => pglite.exec('drop table if exists things; create table things (id int primary key, word text); deallocate all'));

  /** Kept ones, by their text, with how often they ran. */
  async function kept(): Promise<Record<string, number>> {
    const { rows } = await pglite.query<{ statement: string; runs: number }>(
      'select statement, (generic_plans + custom_plans)::int as runs from pg_prepared_statements where statement not like $1',
      ['%pg_prepared_statements%'],
    );
    return Object.fromEntries(rows.map(({ statement, runs }) => [statement, runs]));
  }

  test('are parsed once from their second run on, and answer each run by its own values', async () => {
    const insert = 'insert into things values ($1, $2) returning *';
    const rows: unknown[] = [];
    for (const [id, word] of [
      [1, 'one'],
      [2, null],
      [3, 'drei'],
      [4, '四'],
    ])
      rows.push(...(await pglite.query(insert, [id, word])).rows);
    expect(rows).toEqual([
      { id: 1, word: 'one' },
      { id: 2, word: null },
      { id: 3, word: 'drei' },
      { id: 4, word: '四' },
    ]);
    expect(await kept()).toEqual({ [insert]: 3 });
    await pglite.transaction(async (transaction) => {
      expect((await transaction.query(insert, [5, 'five'])).rows).toEqual([{ id: 5, word: 'five' }]);
      await transaction.rollback();
    });
    expect(await kept()).toEqual({ [insert]: 4 });
  });

  test('go on after one that failed, in a transaction too', async () => {
    const insert = 'insert into things values ($1, $2)';
    for (const id of [1, 2]) await pglite.query(insert, [id, 'a']);
    await expect(pglite.query(insert, [2, 'b'])).rejects.toMatchObject({ code: '23505' });
    await expect(pglite.query(insert, ['no number', 'b'])).rejects.toThrow('no number');
    const broken = pglite.transaction(async (transaction) => {
      await transaction.query(insert, [2, 'b']).catch(() => {});
      await transaction.query(insert, [3, 'c']);
    });
    await expect(broken).rejects.toMatchObject({ code: '25P02' });
    await pglite.query(insert, [3, 'c']);
    expect((await pglite.query('select id from things order by id')).rows).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  });

  test('answer for the schema as it is', async () => {
    const all = 'select * from things where id = $1';
    await pglite.exec(`insert into things values (1, 'one')`);
    for (let run = 0; run < 7; run++) await pglite.query(all, [1]);
    await pglite.query('alter table things add column more int default 8');
    expect((await pglite.query(all, [1])).rows).toEqual([{ id: 1, word: 'one', more: 8 }]);
    await pglite.exec('alter table things alter column id type text');
    for (let run = 0; run < 3; run++) expect((await pglite.query(all, ['1'])).rows).toEqual([{ id: '1', word: 'one', more: 8 }]);
  });

  test('tell apart what is the same text with other types', async () => {
    const text = 'select $1 as value';
    const [int4, json] = [23, 114];
    for (let run = 0; run < 3; run++) {
      expect((await pglite.query(text, [7], { paramTypes: [int4] })).rows).toEqual([{ value: 7 }]);
      expect((await pglite.query(text, [{ a: 7 }], { paramTypes: [json] })).rows).toEqual([{ value: { a: 7 } }]);
    }
  });

  test('are planned anew when tables may have grown', async () => {
    await pglite.exec('create index on things (word)');
    await pglite.exec('vacuum analyze things');
    const find = 'select id from things where word = $1';
    for (let run = 0; run < 7; run++) await pglite.query(find, ['word 5']);
    const [{ name } = { name: '' }] = (
      await pglite.query<{ name: string }>('select name from pg_prepared_statements where statement = $1', [find])
    ).rows;
    const plan = async () => JSON.stringify((await pglite.exec(`explain execute ${name}('word 5')`))[0]?.rows);
    await pglite.exec(`insert into things select n, 'word ' || n from generate_series(1, 5000) n`);
    expect(await plan()).toContain('Seq Scan');
    for (const before = await runsOf(name); (await runsOf(name)) < before * 2 + 200;) await pglite.query(find, ['word 5']);
    expect(await plan()).toContain('Index');
    expect((await pglite.query(find, ['word 5'])).rows).toEqual([{ id: 5 }]);
  });

  async function runsOf(name: string): Promise<number> {
    const { rows } = await pglite.query<{ runs: number }>(
      'select (generic_plans + custom_plans)::int as runs from pg_prepared_statements where name = $1',
      [name],
    );
    return rows[0]!.runs;
  }

  test('are no more than a bound: what ran last stays, and what goes runs all the same', async () => {
    const sum = async (n: number) => (await pglite.query(`select $1::int + ${n} as sum`, [1])).rows;
    for (let n = 0; n < 205; n++) for (let run = 0; run < 2; run++) expect(await sum(n)).toEqual([{ sum: n + 1 }]);
    const texts = Object.keys(await kept());
    expect(texts.length).toBeGreaterThan(190);
    expect(texts.length).toBeLessThanOrEqual(200);
    expect(texts).toContain('select $1::int + 204 as sum');
    expect(texts).not.toContain('select $1::int + 0 as sum');
    for (let run = 0; run < 2; run++) expect(await sum(0)).toEqual([{ sum: 1 }]);
    expect(Object.keys(await kept())).toContain('select $1::int + 0 as sum');
  });
});
