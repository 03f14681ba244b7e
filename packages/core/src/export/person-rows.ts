import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';

/** Where everything is that a table holds of a person: in which lines of their export, or why it is in none. */
export type PersonData =
  /** Lines of their own kind, made of views. */
  | { line: string }
  /** Lines of the kind `row`: the row itself, without some columns. */
  | { rows: PersonRows }
  | { why: string };

interface PersonRows {
  /** Condition on the row `t` and the person's id. */
  of: (user: Prisma.Sql) => Prisma.Sql;
  /** Columns that are left out, each with the reason. */
  without: Readonly<Record<string, string>>;
  /** Columns that put the rows in order. */
  order: string;
}

const secret = 'a secret, or what checks one';
const made = 'made of the rest';
const notTheirs = 'of the room, not of a person';
const own = (column: string) => (user: Prisma.Sql) => Prisma.sql`${Prisma.raw(`t.${column}`)} = ${user}`;

/** Every table of the schema; a test holds it to that. */
export const personData: Readonly<Record<string, PersonData>> = {
  account_removals: { why: 'the account is gone then, and with it whoever could ask' },
  ai_usage: { rows: { of: own('user_id'), without: {}, order: 'day' } },
  audit_log: {
    rows: {
      of: (user) => Prisma.sql`t.actor_id = (${user})::text`,
      without: {},
      order: 'id',
    },
  },
  bot_commands: {
    rows: { of: (user) => Prisma.sql`t.bot_id in (select b.id from users b where b.owner_id = ${user})`, without: {}, order: 'bot_id' },
  },
  character_mcp_servers: {
    rows: {
      of: (user) => Prisma.sql`t.character_id in (select c.id from characters c where c.owner_id = ${user})`,
      without: {},
      order: 'character_id, server_id',
    },
  },
  characters: { rows: { of: own('owner_id'), without: {}, order: 'id' } },
  chat_sessions: { line: 'chatSession' },
  group_grants: { rows: { of: own('user_id'), without: {}, order: 'room_id' } },
  group_rules: { why: 'of a group of the provider, not of a person' },
  handles: { why: 'the name of the account, which the first line has' },
  held_copies: { why: 'for admins alone, who export it with its hold: nobody is told of a hold on them' },
  hidden_texts: { line: 'message' },
  hooks: { line: 'hook' },
  identities: { rows: { of: own('user_id'), without: {}, order: 'id' } },
  instance_settings: { why: 'of the server, not of a person' },
  invites: { rows: { of: (user) => Prisma.sql`t.made_by = ${user} or t.used_by = ${user}`, without: { hash: secret }, order: 'id' } },
  jobs: { why: 'work under way; what came of it is a message or a private reply' },
  kept_answers: { why: 'sealed, for a day, by a key of the call' },
  keys: {
    rows: {
      of: (user) => Prisma.sql`t.session_id in (select s.id from sessions s where s.user_id = ${user})`,
      without: { hash: secret },
      order: 'session_id',
    },
  },
  legal_holds: { why: 'for admins alone: nobody is told of a hold on them' },
  mcp_servers: { why: 'of the server, not of a person' },
  messages: { line: 'message' },
  passkeys: { rows: { of: own('user_id'), without: { public_key: secret }, order: 'id' } },
  private_replies: { line: 'privateReply' },
  provider_logouts: { why: 'tokens that were used, without a person' },
  provider_sessions: {
    rows: {
      of: (user) => Prisma.sql`t.session_id in (select s.id from sessions s where s.user_id = ${user})`,
      without: { id_token: secret },
      order: 'session_id',
    },
  },
  recovery_codes: { rows: { of: own('user_id'), without: { hash: secret }, order: 'hash' } },
  refresh_tokens: { why: secret },
  reply_receipts: { why: 'what a reply of the room was made from' },
  reply_versions: { why: 'texts of characters; those of the room are in its export' },
  reports: { line: 'report' },
  room_characters: { why: notTheirs },
  room_counters: { why: notTheirs },
  room_members: { line: 'membership' },
  room_mentions: { rows: { of: own('user_id'), without: {}, order: 'room_id, seq' } },
  room_notes: { line: 'note' },
  room_summaries: { why: notTheirs },
  rooms: { line: 'membership' },
  scim_group_members: {
    rows: {
      of: (user) => Prisma.sql`t.identity_id in (select i.id from identities i where i.user_id = ${user})`,
      without: {},
      order: 'group_id, identity_id',
    },
  },
  scim_groups: { why: 'of the provider, not of a person' },
  second_steps: { rows: { of: own('user_id'), without: { secret }, order: 'user_id' } },
  sessions: { line: 'session' },
  sign_in_links: { rows: { of: own('user_id'), without: { hash: secret }, order: 'created_at' } },
  spent_proofs: { why: 'challenges that were used, without a person' },
  summary_steps: { why: notTheirs },
  tool_permissions: { line: 'permission' },
  usage_counters: { rows: { of: (user) => Prisma.sql`t.scope = 'person' and t.id = ${user}`, without: {}, order: 'span, day' } },
  usage_days: { line: 'usage' },
  usage_limits: { rows: { of: (user) => Prisma.sql`t.scope = 'person' and t.id = ${user}`, without: {}, order: 'scope' } },
  // The person and their bots.
  users: {
    rows: {
      of: (user) => Prisma.sql`(t.id = ${user} or t.owner_id = ${user})`,
      without: { password_hash: secret, names: made },
      order: 'id',
    },
  },
  webhook_deliveries: { why: 'events on their way, without text, to webhooks that the file has' },
  webhook_lanes: { why: notTheirs },
  webhooks: { line: 'webhook' },
};

/** Rows read by one statement. */
const pageSize = 200;

/** The rows of the tables that have no views of their own, by pages. */
export async function* listPersonRows(
  { db }: Pick<CoreDeps, 'db'>,
  { userId }: { userId: string },
): AsyncGenerator<{ table: string; row: Record<string, unknown> }[], void> {
  for (const [table, data] of Object.entries(personData)) {
    if (!('rows' in data)) continue;
    const { of, without, order } = data.rows;
    for (let from = 0; ; from += pageSize) {
      const rows = await db.$queryRaw<{ row: Record<string, unknown> }[]>(Prisma.sql`
        select to_jsonb(t) - ${Object.keys(without)}::text[] as row from ${Prisma.raw(table)} t
        where ${of(Prisma.sql`${userId}::uuid`)} order by ${Prisma.raw(order)} limit ${pageSize}::int offset ${from}::int`);
      if (rows.length > 0) yield rows.map(({ row }) => ({ table, row }));
      if (rows.length < pageSize) break;
    }
  }
}
