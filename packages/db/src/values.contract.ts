import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Prisma } from './index.js';
import { type TestDb, createTestDb } from './testing.js';

/** What the doc comment of DbHandle.db says of values, on one kind of database. */
export function valuesSuite(kind: 'pglite' | 'postgres'): void {
  describe(`values through $queryRaw on ${kind}`, () => {
    let handle: TestDb;
    const id = '0199e5c4-7a3b-7c11-8a55-0123456789ab';
    const otherId = '0199e5c4-7a3b-7c11-8a55-0123456789ac';
    const query = async (sql: Prisma.Sql) => (await handle.db.$queryRaw<Record<string, unknown>[]>(sql))[0];

    beforeAll(async () => {
      handle = await createTestDb(kind);
    });
    afterAll(() => handle?.close());

    test('numbers come back by their type', async () => {
      const row =
        await query(Prisma.sql`select 7::int4 as i, -1::int2 as s, 9007199254740993::int8 as b, 0.1::float8 as f, 1.10::numeric as n,
        (select count(*) from users) as count, (select sum(v) from (values (1), (2)) as t(v)) as sum`);
      expect(row).toMatchObject({ i: 7, s: -1, b: 9007199254740993n, f: 0.1, count: 0n, sum: 3n });
      expect(Prisma.Decimal.isDecimal(row?.['n'])).toBe(true);
      expect(String(row?.['n'])).toBe('1.1');
    });

    test('instants come back as Date, in UTC whatever the zone of the process', async () => {
      const row =
        await query(Prisma.sql`select timestamptz '2026-03-29 01:30:00.123+02' as t, date '2026-03-29' as d, null::timestamptz as missing,
        array[timestamptz '2026-03-29 01:30:00.123+02'] as list`);
      const instant = new Date('2026-03-28T23:30:00.123Z');
      expect(row).toEqual({ t: instant, d: new Date('2026-03-29T00:00:00Z'), missing: null, list: [instant] });
    });

    test('instants go in as they are', async () => {
      for (const instant of [new Date('2026-10-25T00:59:59.999Z'), new Date('2026-07-01T12:00:00Z')]) {
        const row = await query(
          Prisma.sql`select ${instant}::timestamptz as back, extract(epoch from ${instant}::timestamptz)::float8 as epoch`,
        );
        expect(row).toEqual({ back: instant, epoch: instant.getTime() / 1000 });
      }
    });

    test('json comes back parsed and goes in as text with a cast', async () => {
      const value = { text: 'a "quoted" \\ line\nand €, 🙂', list: [1, 2.5, null, true], nested: { empty: {} } };
      const row = await query(Prisma.sql`select ${JSON.stringify(value)}::jsonb as value, ${JSON.stringify('just text')}::jsonb as text,
        ${JSON.stringify([])}::jsonb as list, 'null'::jsonb as json_null, null::jsonb as sql_null, ${JSON.stringify(value)}::jsonb ->> 'text' as picked,
        jsonb_build_object('id', ${id}::uuid, 'at', timestamptz '2026-01-01 00:00:00Z') as built, array['{"a":1}'::jsonb] as several`);
      expect(row).toEqual({
        value,
        text: 'just text',
        list: [],
        json_null: null,
        sql_null: null,
        picked: value.text,
        built: { id, at: '2026-01-01T00:00:00+00:00' },
        several: [{ a: 1 }],
      });
    });

    test('uuids are strings, alone and in arrays, both ways', async () => {
      const row =
        await query(Prisma.sql`select ${id}::uuid as one, ${[id, otherId]}::uuid[] as several, ${id}::uuid = any(${[id, otherId]}::uuid[]) as found,
        cardinality(${[]}::uuid[]) as none, (select array_agg(u) from unnest(${[otherId, id]}::uuid[]) with ordinality as t(u, n)) as unnested`);
      expect(row).toEqual({ one: id, several: [id, otherId], found: true, none: 0, unnested: [otherId, id] });
    });

    test('bytes come back as Uint8Array and go in as one', async () => {
      const bytes = new Uint8Array([0, 1, 127, 128, 255]);
      const row = await query(Prisma.sql`select ${bytes}::bytea as bytes, encode(${bytes}::bytea, 'hex') as hex`);
      expect(row?.['bytes']).toBeInstanceOf(Uint8Array);
      expect(Array.from(row?.['bytes'] as Uint8Array)).toEqual(Array.from(bytes));
      expect(row?.['hex']).toBe('00017f80ff');
    });

    test('text survives whole', async () => {
      const text = 'quote \' backslash \\ tab\t newline\r\n €, 🙂, e\u0301, \u2028 {"a"} $1 %s';
      expect(
        await query(Prisma.sql`select ${text}::text as text, ${[text, '', 'NULL', 'a,b', '{}', '"']}::text[] as list, ''::text as empty`),
      ).toEqual({
        text,
        list: [text, '', 'NULL', 'a,b', '{}', '"'],
        empty: '',
      });
    });

    test('numbers, booleans and nulls go in with a cast', async () => {
      const row =
        await query(Prisma.sql`select ${2147483647}::int as i, ${[1, -2]}::int[] as list, ${true}::boolean as yes, ${null}::int as missing,
        ${0.5}::float8 as f, ${12345678901n}::int8 as b, ${5}::int + 1 as sum`);
      expect(row).toEqual({ i: 2147483647, list: [1, -2], yes: true, missing: null, f: 0.5, b: 12345678901n, sum: 6 });
    });

    test('a parameter takes the type of the column it is compared with or stored in', async () => {
      await handle.db.$queryRaw(Prisma.sql`insert into ai_usage (user_id, day, tokens) values (${id}::uuid, '2026-01-01', ${5})`);
      const row = await query(
        Prisma.sql`update ai_usage set tokens = tokens + ${7} where user_id = ${id}::uuid and tokens = ${5} returning tokens, day`,
      );
      expect(row).toEqual({ tokens: 12n, day: new Date('2026-01-01T00:00:00Z') });
    });

    test('void cannot be read, as text it can', async () => {
      await expect(query(Prisma.sql`select pg_advisory_xact_lock(1) as v`)).rejects.toThrow();
      expect(await query(Prisma.sql`select pg_advisory_xact_lock(1)::text as v`)).toEqual({ v: '' });
    });

    test('the same statement may run many times at once', async () => {
      const rows = await Promise.all(Array.from({ length: 50 }, (_, n) => query(Prisma.sql`select ${n}::int as n`)));
      expect(rows.map((row) => row?.['n'])).toEqual(Array.from({ length: 50 }, (_, n) => n));
    });
  });
}
