import type { DbHandle } from '../handle.js';

const id = (n: number) => `0199e5c4-7a3b-7c11-8a55-${String(n).padStart(12, '0')}`;
/** Quotes of SQL and JSON, what looks like an escape, line ends, a character of two units, one of two, what looks like null. */
const oddText = `odd: ' " \\ \\n \\u0000 {"a":1} [1] null $1 \t\r\n\u2028\u00e9 e\u0301 \u{1f600} \u05d0\u05d1`;

/** Rows with values of every type that our tables have, at their edges, and references in both directions. */
export async function fillOddly({ withSession }: DbHandle): Promise<void> {
  await withSession(async ({ query }) => {
    const insert = (table: string, rows: object[]) =>
      query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1::json)`, [JSON.stringify(rows)]);
    await query(`insert into handles (handle) values ('ann'), ('bot'), ('éa'), ('zoë')`);
    const avatar = { hue: 1, glyph: null };
    const createdAt = '2026-02-28T23:59:59.999Z';
    const user = { avatar, bot_count: 0, is_admin: false, created_at: createdAt };
    await insert('users', [
      { ...user, id: id(2), username: 'bot', display_name: 'Bot' },
      {
        ...user,
        id: id(1),
        username: 'ann',
        display_name: oddText,
        password_hash: '$argon2id$x',
        disabled_at: '0001-01-01T00:00:00Z',
        names: `'a''b':1 'odd':2,3`,
      },
    ]);
    // A row that refers to one that comes after it.
    await query(`update users set owner_id = $1::uuid where username = 'bot'`, [id(1)]);
    await insert('characters', [
      {
        id: id(3),
        handle: 'éa',
        name: 'É',
        tagline: '',
        avatar,
        system_prompt: oddText,
        temperature: 0.1 + 0.2,
        greeting: '',
        tools: [],
        is_assistant: false,
        owner_id: id(1),
        created_at: createdAt,
      },
      {
        id: id(4),
        handle: 'zoë',
        name: 'Z',
        tagline: '',
        avatar,
        system_prompt: '',
        temperature: 1e-300,
        greeting: '',
        tools: ['a,b', '"c"', ' d ', 'NULL', '{e}'],
        is_assistant: false,
        created_at: createdAt,
      },
    ]);
    // The null of JSON, which is not that of SQL.
    await query(`update characters set card = 'null'::jsonb where id = $1::uuid`, [id(4)]);
    await insert('sessions', [{ id: id(5), user_id: id(1), kind: 'key', created_at: createdAt, expires_at: 'infinity' }]);
    await query(`insert into keys (session_id, hash, name, scopes, room_ids) values ($1::uuid, '\\x00ff0a5c27', '', '{}', null)`, [id(5)]);
    await insert('rooms', [
      {
        id: id(6),
        name: oddText,
        topic: '',
        visibility: 'public',
        member_count: 0,
        reply_control: 'asker',
        created_at: createdAt,
        rev: 2147483647,
        note_count: 0,
        last_note: 0,
        notes_rev: 0,
        history_from_seq: 0,
        swept_seq: 0,
        blocked_words_action: 'refuse',
      },
    ]);
    await insert('room_counters', [{ room_id: id(6), last_seq: 2, last_rev: 2147480000, members_rev: 0, hooked: true }]);
    const message = {
      room_id: id(6),
      kind: 'text',
      author_type: 'user',
      author_id: id(1),
      author_name: 'Ann',
      author_handle: 'ann',
      author_avatar: avatar,
      imported: false,
      hidden_from_ai: false,
      attempt: 0,
      mentions: [id(2)],
      reactions: [],
      created_at: createdAt,
    };
    await insert('messages', [
      { ...message, id: id(7), seq: 1, rev: 1, content: oddText, words: `'o\\\\dd':1A,16383 'q''uote'` },
      { ...message, id: id(8), seq: 2, rev: 2, content: '', deleted_at: createdAt },
    ]);
    await insert('usage_counters', [
      { scope: 'person', id: id(1), span: 'day', day: '2024-02-29', tokens: '9223372036854775807', cost: '9007199254740993' },
    ]);
    await query(
      `insert into webhooks (id, made_by, name, url, events, secret) values ($1::uuid, $2::uuid, '', 'https://x', '{a,b}', 'whsec_x')`,
      [id(9), id(1)],
    );
  });
}
