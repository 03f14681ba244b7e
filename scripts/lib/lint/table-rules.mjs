// Which folder of core writes which table: others use the folder's fragments. The linter applies it through plugin.mjs.

/** Only these folders insert into, update or delete from these tables. */
const writers = {
  account_removals: 'accounts',
  ai_usage: 'jobs',
  audit_log: 'audit',
  bot_commands: 'accounts',
  character_mcp_servers: 'mcp',
  characters: 'protocol',
  chat_sessions: 'rooms',
  group_grants: 'doors',
  group_rules: 'doors',
  handles: 'accounts',
  held_copies: 'privacy',
  hidden_texts: 'messages',
  hooks: 'hooks',
  identities: 'doors',
  instance_settings: 'settings',
  invites: 'accounts',
  jobs: 'jobs',
  kept_answers: 'answers',
  keys: 'keys',
  legal_holds: 'privacy',
  mcp_servers: 'mcp',
  messages: 'protocol',
  passkeys: 'credentials',
  private_replies: 'protocol',
  provider_logouts: 'doors',
  provider_sessions: 'doors',
  recovery_codes: 'credentials',
  second_steps: 'credentials',
  sign_in_links: 'credentials',
  spent_proofs: 'credentials',
  refresh_tokens: 'sessions',
  reply_receipts: 'protocol',
  reply_versions: 'messages',
  reports: 'moderation',
  room_characters: 'protocol',
  room_counters: 'protocol',
  room_members: 'protocol',
  room_mentions: 'protocol',
  room_notes: 'notes',
  room_summaries: 'memory',
  rooms: 'rooms',
  scim_group_members: 'doors',
  scim_groups: 'doors',
  sessions: 'sessions',
  summary_steps: 'memory',
  tool_permissions: 'jobs',
  usage_counters: 'jobs',
  usage_days: 'jobs',
  usage_limits: 'jobs',
  users: 'accounts',
  webhook_deliveries: 'webhooks',
  webhook_lanes: 'webhooks',
  webhooks: 'webhooks',
};

/** Columns that only these files of core spell, reading included: the first says what the column means, the others write it. */
const spellers = {
  disabled_at: [
    'sessions/standing-session.ts',
    'accounts/disable-account.ts',
    'accounts/enable-account.ts',
    'accounts/end-account.ts',
    'accounts/bots.ts',
    'accounts/open-for-removal.ts',
  ],
  revoked_at: ['sessions/standing-session.ts'],
};

/** A lock (`for no key update`) and an upsert (`do update`) are no statements of their own. */
const writing = /(?<!\b(?:for|key|do)\s+)\b(?:insert\s+into|update|delete\s+from|merge\s+into|truncate)\b(?:\s+(?:only\s+)?([a-z_]\w*))?/gi;

/** Whether the rules for tables hold for a file: all of core but its tests. */
export function hasTableRules(file) {
  return file.startsWith('packages/core/src/') && !/(\.(test|contract)|\/testing(-[\w-]+)?)\.ts$|\/testing\//.test(file);
}

/**
 * Says what is wrong with a piece of SQL.
 *
 * @param {string} file path from the repository's root
 * @param {string} sql a piece as the source has it; it ends where a value is put in
 * @returns {string[]}
 */
export function tableProblems(file, sql) {
  const inCore = file.slice('packages/core/src/'.length);
  const [folder] = inCore.split('/');
  const code = sql.replaceAll(/--[^\n]*/g, '');
  const problems = [];
  for (const [statement, table] of code.matchAll(writing)) {
    const writer = table === undefined ? undefined : writers[table];
    if (writer === undefined) {
      problems.push(
        `“${statement.trim()}” does not name a table of scripts/lib/lint/table-rules.mjs: add it there with the folder that writes it`,
      );
    } else if (writer !== folder) {
      problems.push(`${table} is written by core/${writer} only: use, or add, a fragment there`);
    }
  }
  for (const [column, files] of Object.entries(spellers)) {
    if (!files.includes(inCore) && new RegExp(`\\b${column}\\b`).test(code))
      problems.push(`core/${files[0]} says what ${column} means: use, or add, a fragment there`);
  }
  return problems;
}
