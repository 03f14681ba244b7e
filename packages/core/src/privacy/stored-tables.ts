/** What a table holds and how it shrinks. `docs/storage.md` says the same, and a test holds both to the schema. */
export interface StoredTable {
  /** How it shrinks, or why it does not. */
  shrinks: string;
  /** The column that says when a row was made, if the first id is the oldest row: ids of uuidv7, made in order. @default not known */
  oldest?: string;
}

const withRoom = 'With its room, and rooms stay.';
const withAccount = 'With its account.';
const hourly = (what: string): string => `Workers delete ${what}, once an hour.`;

export const storedTables: Readonly<Record<string, StoredTable>> = {
  account_removals: { shrinks: 'It does not: the receipt of each removal stays.' },
  ai_usage: { shrinks: hourly('days that no limit is held against') },
  audit_log: { shrinks: hourly('entries older than AUDIT_DAYS'), oldest: 'at' },
  bot_commands: { shrinks: 'With its bot.' },
  character_mcp_servers: { shrinks: 'With its character or its server.' },
  characters: { shrinks: 'A deleted character keeps a row, because it signed what it said.', oldest: 'created_at' },
  chat_sessions: { shrinks: `${withAccount} Their rooms stay.` },
  group_grants: { shrinks: 'With the group’s rule, and with the account.' },
  group_rules: { shrinks: 'When they are removed.' },
  handles: { shrinks: 'It does not: no name is given twice.' },
  held_copies: { shrinks: hourly('what no legal hold keeps any more') },
  hidden_texts: { shrinks: 'When a message is shown again, deleted, or removed by its age.' },
  hooks: { shrinks: 'When they are removed.', oldest: 'created_at' },
  identities: { shrinks: withAccount },
  instance_settings: { shrinks: 'One row for each setting that an admin set.' },
  invites: { shrinks: hourly('invitations that ended thirty days ago') },
  jobs: { shrinks: hourly('finished jobs; those of replies stay, which may be written again'), oldest: 'created_at' },
  kept_answers: { shrinks: hourly('answers older than a day') },
  keys: { shrinks: 'With their session, a day after they were revoked or ended.' },
  legal_holds: { shrinks: 'It does not: who held what, and why, stays.' },
  mcp_servers: { shrinks: 'When they are removed.' },
  messages: { shrinks: 'A deleted message keeps a row without its text. RETENTION_DAYS does that by age.', oldest: 'created_at' },
  passkeys: { shrinks: 'When they are removed, and with their account.' },
  private_replies: { shrinks: 'By the days of their room, and with their account.', oldest: 'created_at' },
  provider_logouts: { shrinks: 'Each logout from a provider deletes those that have expired.' },
  provider_sessions: { shrinks: 'With their session, a day after it ended.' },
  recovery_codes: { shrinks: 'When new ones are made, and with their account.' },
  refresh_tokens: { shrinks: hourly('those of sessions that are over') },
  reply_receipts: { shrinks: 'With their reply.' },
  reply_versions: { shrinks: 'Blanked with their reply, whose versions keep a row.' },
  reports: { shrinks: hourly('those that were resolved long ago') },
  room_characters: { shrinks: `${withRoom} A character that left keeps a row.` },
  room_counters: { shrinks: withRoom },
  room_members: { shrinks: `${withRoom} Who left keeps a row.` },
  room_mentions: { shrinks: 'With their message, and with the account that is mentioned.' },
  room_notes: { shrinks: 'When they are removed, and with the message that they were taken from, where it goes by its age.' },
  room_summaries: { shrinks: 'Nothing writes it any more: it goes with a later version.' },
  rooms: { shrinks: 'It does not: a room is archived.', oldest: 'created_at' },
  scim_group_members: { shrinks: 'With the group, and when the provider takes somebody out of it.' },
  scim_groups: { shrinks: 'When the provider deletes them.' },
  second_steps: { shrinks: 'When it is switched off, and with its account.' },
  sessions: { shrinks: hourly('those that ended a day ago'), oldest: 'created_at' },
  sign_in_links: { shrinks: 'When they are used; workers delete those that have expired, once an hour.' },
  spent_proofs: { shrinks: hourly('those that have expired') },
  summary_steps: { shrinks: 'With each of their messages that is changed or removed.' },
  tool_permissions: { shrinks: 'When they are taken back, and with their account.' },
  usage_counters: { shrinks: hourly('days and months that no limit is held against') },
  usage_days: { shrinks: hourly('days that no report shows') },
  usage_limits: { shrinks: 'When they are taken back, and with their account.' },
  users: { shrinks: 'A removed account keeps a row without a name, because what it said stays.', oldest: 'created_at' },
  webhook_deliveries: { shrinks: hourly('those that are done with, but for the last fifty of each webhook') },
  webhook_lanes: { shrinks: 'With their webhook.' },
  webhooks: { shrinks: 'When they are removed, and with their account.', oldest: 'created_at' },
};
