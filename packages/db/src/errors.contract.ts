import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Prisma, isRetryable, isUnavailable, isUniqueViolation } from './index.js';
import { type TestDb, createTestDb } from './testing.js';

/** Errors mean the same on both kinds of database, from raw statements and from the client's own methods. */
export function errorsSuite(kind: 'pglite' | 'postgres'): void {
  describe(`errors on ${kind}`, () => {
    let handle: TestDb;
    beforeAll(async () => {
      handle = await createTestDb(kind);
    });
    afterAll(() => handle?.close());

    const failure = (work: PromiseLike<unknown>) =>
      Promise.resolve(work).then(
        () => expect.unreachable('it should have failed'),
        (error: unknown) => error,
      );
    const raw = (sql: Prisma.Sql) => failure(handle.db.$queryRaw(sql));
    const raised = (state: string) =>
      failure(handle.db.$executeRawUnsafe(`do $$ begin raise exception 'made up' using errcode = '${state}'; end $$`));

    test('a unique violation in a raw statement is known, with the name of its constraint', async () => {
      const insert = Prisma.sql`insert into room_mentions (user_id, room_id, seq, message_id)
        values (gen_random_uuid(), '0199e5c4-7a3b-7c11-8a55-0123456789ab', 1, gen_random_uuid()) returning seq`;
      const twice = Prisma.sql`with one as (${insert}) insert into handles values ('twice'), ('twice')`;
      const error = await raw(twice);
      expect(isUniqueViolation(error)).toBe(true);
      expect(isUniqueViolation(error, 'handles_pkey')).toBe(true);
      expect(isUniqueViolation(error, 'handles')).toBe(false);
      expect(isUniqueViolation(error, 'users_username_key')).toBe(false);
      expect(isRetryable(error)).toBe(false);
      expect(isUnavailable(error)).toBe(false);
    });

    test('a unique index other than the key is told apart from it', async () => {
      const invite = (id: string) => Prisma.sql`insert into refresh_tokens (id, session_id, hash, expires_at)
        values (${id}::uuid, ${session}::uuid, '\\x01'::bytea, now()) returning id`;
      const session = '0199e5c4-7a3b-7c11-8a55-000000000002';
      await handle.db.$executeRaw`insert into handles values ('unique')`;
      await handle.db.$executeRaw`insert into users (id, username, display_name, avatar) values (${session}::uuid, 'unique', 'U', '{}')`;
      await handle.db.$executeRaw`insert into sessions (id, user_id) values (${session}::uuid, ${session}::uuid)`;
      await handle.db.$queryRaw(invite('0199e5c4-7a3b-7c11-8a55-000000000003'));
      const error = await raw(invite('0199e5c4-7a3b-7c11-8a55-000000000004'));
      expect(isUniqueViolation(error, 'refresh_tokens_hash_key')).toBe(true);
      expect(isUniqueViolation(error, 'refresh_tokens_pkey')).toBe(false);
    });

    test("a unique violation in the client's own methods is known too", async () => {
      await handle.db.handle.create({ data: { handle: 'once' } });
      const error = await failure(handle.db.handle.create({ data: { handle: 'once' } }));
      expect(isUniqueViolation(error)).toBe(true);
      expect(isUniqueViolation(error, 'handles_pkey')).toBe(true);
      expect(isUniqueViolation(error, 'users_username_key')).toBe(false);
    });

    test('serialisation failures and deadlocks may be tried again, others not', async () => {
      expect(isRetryable(await raised('40001'))).toBe(true);
      expect(isRetryable(await raised('40P01'))).toBe(true);
      expect(isRetryable(await raised('23514'))).toBe(false);
    });

    test('a server that is going, starting or full is unavailable; a mistake in the statement is not', async () => {
      for (const state of ['57P01', '57P03', '53300', '08006', '57014']) expect(isUnavailable(await raised(state)), state).toBe(true);
      for (const state of ['22012', '42601', '23503', 'P0001', '0A000']) expect(isUnavailable(await raised(state)), state).toBe(false);
    });

    test('other violations are no unique violations', async () => {
      const foreign = await raw(Prisma.sql`insert into room_counters (room_id) values (gen_random_uuid())`);
      const checked = await raw(Prisma.sql`insert into ai_usage (user_id, day, tokens) values (gen_random_uuid(), now(), -1)`);
      const syntax = await raw(Prisma.sql`selec 1`);
      for (const error of [foreign, checked, syntax, new Error('handles_pkey'), null, 'P2002']) {
        expect(isUniqueViolation(error)).toBe(false);
        expect(isUnavailable(error)).toBe(false);
        expect(isRetryable(error)).toBe(false);
      }
    });

    test('a value that text cannot hold is an error of the statement, and the next one works', async () => {
      const error = await raw(Prisma.sql`select ${'a\0b'}::text as text`);
      expect(isUnavailable(error)).toBe(false);
      await handle.ping();
    });

    test('a closed database is unavailable', async () => {
      // On a server, use the product's own handle: a handle that is lent to tests refuses calls after its end by itself.
      const { createPostgresDb } = await import('./postgres.js');
      const closed = kind === 'pglite' ? await createTestDb(kind) : await createPostgresDb({ url: process.env['TEST_DATABASE_URL']! });
      await closed.close();
      await closed.close();
      expect(isUnavailable(await failure(closed.ping()))).toBe(true);
      expect(isUnavailable(await failure(closed.db.$queryRaw`select 1`))).toBe(true);
    });
  });
}
