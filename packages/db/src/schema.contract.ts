import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Prisma } from './index.js';
import { type TestDb, createTestDb } from './testing.js';

/** What the migrations add to Prisma's schema: checks, generated words, partial indexes, room for hot rows. */
export function schemaSuite(kind: 'pglite' | 'postgres'): void {
  describe(`schema on ${kind}`, () => {
    let handle: TestDb;
    const room = '0199e5c4-7a3b-7c11-8a55-000000000001';
    const run = (sql: Prisma.Sql) => handle.db.$queryRaw<Record<string, unknown>[]>(sql);
    const message = (seq: number, values: { kind?: string; status?: string | null; content?: string; authorType?: string } = {}) =>
      run(Prisma.sql`
      insert into messages (id, room_id, seq, rev, kind, author_type, author_id, author_name, author_handle, author_avatar, content, status)
      values (gen_random_uuid(), ${room}::uuid, ${seq}, ${seq}, ${values.kind ?? 'text'}, ${values.authorType ?? 'user'}, gen_random_uuid(), 'A', 'a', '{}',
        ${values.content ?? ''}, ${values.status ?? null}) returning id`);
    const plan = async (sql: string) => {
      const session = await handle.withSession(async ({ exec, query }) => {
        await exec('set enable_seqscan = off');
        const rows = await query<Record<string, string>>(`explain ${sql}`);
        await exec('reset enable_seqscan');
        return rows;
      });
      return session.map((row) => row['QUERY PLAN']).join('\n');
    };

    beforeAll(async () => {
      handle = await createTestDb(kind, { fresh: true });
      await run(Prisma.sql`insert into rooms (id, name, visibility, rev) values (${room}::uuid, 'Room', 'public', 1)`);
      await run(Prisma.sql`insert into room_counters (room_id) values (${room}::uuid)`);
    });
    afterAll(() => handle?.close());

    test('values outside of an enumeration are refused', async () => {
      const refused = [
        Prisma.sql`update rooms set visibility = 'secret'`,
        Prisma.sql`update rooms set direct_key = 'a key of two'`,
        Prisma.sql`update rooms set member_count = -1`,
        Prisma.sql`update room_counters set last_seq = -1`,
        Prisma.sql`update room_counters set members_rev = last_rev + 1`,
        Prisma.sql`insert into private_replies (id, user_id, room_id, content, status) values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '', 'done')`,
      ];
      for (const sql of refused) await expect(run(sql), sql.sql).rejects.toThrow(/_check/);
      await expect(message(1, { kind: 'note' })).rejects.toThrow(/messages_kind_check/);
      await expect(message(1, { kind: 'reply', status: 'lost' })).rejects.toThrow(/messages_status_check/);
      await expect(message(0)).rejects.toThrow(/messages_(seq|rev)_check/);
    });

    test('only a reply has a status, and it always has one', async () => {
      await expect(message(1, { kind: 'text', status: 'queued' })).rejects.toThrow(/messages_reply_check/);
      await expect(message(1, { kind: 'reply' })).rejects.toThrow(/messages_reply_check/);
      await expect(message(1, { kind: 'reply', status: 'queued', authorType: 'system' })).rejects.toThrow(/messages_author_id_check/);
    });

    test('a streaming job always has a lease that can lapse', async () => {
      const [row] = await message(1000, { kind: 'reply', status: 'queued', authorType: 'character' });
      const insert = (state: string) =>
        run(Prisma.sql`insert into reply_jobs (message_id, room_id, character_id, asked_by, request, state)
        values (${row?.['id']}::uuid, ${room}::uuid, gen_random_uuid(), gen_random_uuid(), '{}', ${state})`);
      await expect(insert('streaming')).rejects.toThrow(/reply_jobs_lease_check/);
      await expect(insert('lost')).rejects.toThrow(/reply_jobs_state_check/);
      await insert('queued');
    });

    test('a process of the version before goes on with replies under the old name, and sees no job of another kind', async () => {
      const [row] = await message(1001, { kind: 'reply', status: 'queued', authorType: 'character' });
      const id = String(row!['id']);
      await run(Prisma.sql`insert into reply_jobs (message_id, room_id, character_id, asked_by, request, correlation_id)
        values (${id}::uuid, ${room}::uuid, gen_random_uuid(), gen_random_uuid(), '{"trigger":{"kind":"ask"}}', 'call-1')`);
      await run(Prisma.sql`insert into jobs (id, kind, room_id, character_id, asked_by, request)
        values (gen_random_uuid(), 'errand', ${room}::uuid, gen_random_uuid(), gen_random_uuid(), '{}')`);
      const claims = await run(Prisma.sql`
        with picked as (
          select j.message_id from reply_jobs j
          where j.state <> 'done' and j.available_at <= now() + interval '1 millisecond' and j.correlation_id is not null
          order by j.created_at for no key update of j skip locked
        ),
        job as (
          update reply_jobs j set state = 'streaming', attempt = j.attempt + 1, lease_owner = 'before', claimed_at = clock_timestamp(),
            lease_until = clock_timestamp() + interval '1 minute', room_slot = 1, person_slot = 1
          from picked where j.message_id = picked.message_id
          returning j.*
        )
        select job.message_id::text as id, job.attempt from job`);
      expect(claims).toEqual([{ id, attempt: 1 }]);
      await run(Prisma.sql`update reply_jobs j set state = 'done', lease_owner = null, lease_until = null, finished_at = now()
        where j.message_id = ${id}::uuid and j.attempt = 1 and j.state = 'streaming'`);
      expect(await run(Prisma.sql`select kind, state, steps from jobs where id = ${id}::uuid`)).toEqual([
        { kind: 'reply', state: 'done', steps: [] },
      ]);
      expect(await run(Prisma.sql`select 1 from reply_jobs where message_id in (select id from jobs where kind = 'errand')`)).toEqual([]);
    });

    test('what a process of the version before writes of private replies is done to their jobs', async () => {
      await run(Prisma.sql`insert into handles values ('asker')`);
      const [user] = await run(
        Prisma.sql`insert into users (id, username, display_name, avatar) values (gen_random_uuid(), 'asker', 'A', '{}') returning id`,
      );
      const asked = async () => {
        const [row] = await run(Prisma.sql`
          insert into private_replies as p (id, user_id, room_id, content, status, client_id, request, character_id, asked_seq, correlation_id)
          values (gen_random_uuid(), ${user?.['id']}::uuid, ${room}::uuid, '', 'queued', gen_random_uuid(), '{"trigger":{"kind":"summary"}}',
            gen_random_uuid(), 1, 'call-2')
          returning p.id, p.available_at <= now() as due`);
        return row!;
      };
      const stateOf = async (id: unknown) => {
        const [row] = await run(Prisma.sql`select kind, state, correlation_id as call, request from jobs where id = ${id}::uuid`);
        return row;
      };
      const [ended, deleted] = [await asked(), await asked()];
      expect(ended['due'], 'to be had by a worker of the version before').toBe(false);
      expect(await stateOf(ended['id'])).toEqual({
        kind: 'private_reply',
        state: 'queued',
        call: 'call-2',
        request: { trigger: { kind: 'summary' } },
      });
      await run(Prisma.sql`update private_replies set status = 'stopped', finished_at = now() where id = ${ended['id']}::uuid`);
      await run(Prisma.sql`delete from private_replies where id = ${deleted['id']}::uuid`);
      for (const { id } of [ended, deleted]) expect(await stateOf(id)).toMatchObject({ state: 'done' });
    });

    test('a member who left has the rev of leaving', async () => {
      await run(Prisma.sql`insert into handles values ('member')`);
      const [user] = await run(
        Prisma.sql`insert into users (id, username, display_name, avatar) values (gen_random_uuid(), 'member', 'M', '{}') returning id`,
      );
      const member = (rev: number, leftRev: number | null) =>
        run(Prisma.sql`insert into room_members (room_id, user_id, role, rev, left_rev)
        values (${room}::uuid, ${user?.['id']}::uuid, 'member', ${rev}, ${leftRev})`);
      await expect(member(5, 4)).rejects.toThrow(/room_members_left_rev_check/);
      await member(5, 5);
    });

    test('words of a message are found, and follow its edits', async () => {
      await message(10, { content: 'Der Zug nach Köln fährt um 17:30, sagt Ünal. 東京' });
      const found = (words: string) => run(Prisma.sql`select seq from messages where search @@ websearch_to_tsquery('simple', ${words})`);
      expect(await found('köln zug')).toEqual([{ seq: 10 }]);
      expect(await found('"zug nach"')).toEqual([{ seq: 10 }]);
      expect(await found('東京')).toEqual([{ seq: 10 }]);
      expect(await found('zug -köln')).toEqual([]);
      await run(Prisma.sql`update messages set content = '', deleted_at = now() where seq = 10`);
      expect(await found('zug')).toEqual([]);
    });

    test('no text keeps the database busy with its words', async () => {
      // PostgreSQL's own parser takes minutes for some of these. One that is no slower than this much prose is done in tens of milliseconds.
      const least = async (content: string) => {
        let best = Infinity;
        for (let i = 0; i < 3; i++) {
          const start = performance.now();
          await run(Prisma.sql`update messages set content = ${`${i} ${content}`} where seq = 30`);
          best = Math.min(best, performance.now() - start);
        }
        return best;
      };
      await message(30);
      const prose = await least('word '.repeat(6_000));
      for (const piece of ['a_', '<!--', '<!-- a', 'a1@', 'a@1', 'a:_', 'a/', 'a-', 'a.b', '<a ', '上']) {
        const hostile = await least(piece.repeat(30_000 / piece.length));
        expect(hostile / prose, piece).toBeLessThan(60);
      }
    });

    test('the longest reply of the most words can be stored', async () => {
      // Each word gives several lexemes, all different: no other text of this length makes more entries in its index.
      const host = Array.from({ length: 40_000 }, (_, n) => `${n.toString(36)}.io/${n.toString(36)}`)
        .join(' ')
        .slice(0, 262_144);
      const glyphs = Array.from({ length: 131_072 }, (_, n) => String.fromCharCode(0x4e00 + (n % 20_000)))
        .join(' ')
        .padEnd(262_144, '字');
      for (const [index, content] of [host, glyphs, 'x'.repeat(262_144), 'a-'.repeat(131_072)].entries()) {
        const seq = 20 + index;
        await message(seq, { content });
        expect(await run(Prisma.sql`select length(content) as length from messages where seq = ${seq}`)).toEqual([{ length: 262_144 }]);
      }
    });

    test('history, changes, replies in progress, the sweep and search are answered from an index', async () => {
      expect(await plan(`select * from messages where room_id = '${room}' and seq < 100 order by seq desc limit 50`)).toMatch(
        /messages_room_id_seq_key/,
      );
      expect(await plan(`select * from messages where room_id = '${room}' and rev > 100 order by rev limit 50`)).toMatch(
        /messages_room_id_rev_key/,
      );
      expect(await plan(`select id, attempt from messages where room_id = '${room}' and status in ('queued', 'streaming')`)).toMatch(
        /messages_in_progress_idx/,
      );
      expect(await plan(`select * from reply_jobs where state <> 'done' and available_at <= now() order by available_at`)).toMatch(
        /reply_jobs_unfinished_idx/,
      );
      expect(await plan(`select * from reply_jobs where room_id = '${room}' and state <> 'done'`)).toMatch(
        /reply_jobs_unfinished_(room_)?idx/,
      );
      expect(await plan(`select id from messages where search @@ websearch_to_tsquery('simple', 'words')`)).toMatch(/messages_search_idx/);
      const people = await plan(`select id from users where lower(username) like 'ann%' or lower(display_name) like 'ann%'`);
      expect(people).toMatch(/users_username_prefix_idx/);
      expect(people).toMatch(/users_display_name_prefix_idx/);
    });

    test('rows that change all the time have room on their page', async () => {
      const options = await run(
        Prisma.sql`select relname::text as name, reloptions::text[] as options from pg_class where reloptions is not null and relkind = 'r' order by 1`,
      );
      expect(options).toEqual([
        { name: 'jobs', options: ['fillfactor=70'] },
        { name: 'room_counters', options: ['fillfactor=50'] },
        { name: 'room_members', options: ['fillfactor=80'] },
      ]);
    });
  });
}
