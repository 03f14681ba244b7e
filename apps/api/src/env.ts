import {
  budgetEnvShape,
  envCount,
  envFlag,
  envMilliseconds,
  envModelsAllowed,
  envReplyMaxDepth,
  envWebhookAllowPrivate,
  misspeltVariables,
  parseEnv,
  processEnvShape,
  retentionEnvShape,
  serverEnvShape,
  serverUseEnvShape,
} from '@parley/contracts';
import { z } from 'zod';
import { envProviders } from './auth/oidc/provider-settings.js';

const list = z
  .string()
  .default('')
  .transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

/** Variables that an API process reads whatever its shape. The defaults are those of the README's table. */
export const apiEnvShape = {
  ...processEnvShape,
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000).describe('a port number, 0 for any free one'),
  /** Origins of pages that alone may call. Without any, the host's own may. */
  PUBLIC_ORIGINS: list
    .pipe(z.array(z.url({ protocol: /^https?$/ })))
    .describe('origins such as https://chat.example.org, separated by commas'),
  /** Whether the API believes X-Forwarded-For and X-Forwarded-Host. */
  TRUST_PROXY: envFlag(false).describe('true if a proxy in front adds to X-Forwarded-For'),
  /** If unset, registration is open where nothing says that others can come, and closed elsewhere: see auth/door.ts. */
  REGISTRATION: z.enum(['open', 'invite', 'closed']).optional().describe('open, invite or closed'),
  /** Whether people may sign in, register and set passwords here; false where a provider of identities is the only way in. */
  LOCAL_LOGIN: envFlag(true).describe('true or false'),
  /** Providers of identities by OpenID Connect: `OIDC_<ID>_ISSUER`, `OIDC_<ID>_CLIENT_ID` and more, see docs/sign-in.md. */
  'OIDC_*': envProviders,

  /** How long an access token is good. */
  ACCESS_TOKEN_TTL_MS: envMilliseconds(15 * 60_000),
  /** How long a session may last after its sign-in, in days, however much it is used. Unused it ends after 30. */
  SESSION_MAX_DAYS: envCount(180, 36_500),
  /** Passwords hashed at once: each takes a thread and 19 MiB. */
  PASSWORD_HASH_CONCURRENCY: envCount(2),
  /** Passwords that may wait to be hashed; the next is refused. */
  PASSWORD_HASH_WAITING: envCount(100),

  /** How long a request may take to arrive with all of its body; a file may take ten times as long. */
  REQUEST_MS: envMilliseconds(30_000, 3_600_000),
  /**
   * Connections that one address may have to this process; the next is closed. An office behind one address has a few for each person.
   * Behind a proxy that is trusted, the proxy bounds them.
   */
  CONNECTIONS_PER_ADDRESS: envCount(1_000),
  /**
   * Sockets, and streams of events over HTTP, that one account may have in this process; the next is refused. A page has one; a program
   * that shows rooms to others may have hundreds, at about 40 kB each.
   */
  SOCKETS_PER_ACCOUNT: envCount(1_000),
  /** How long a socket may take to say who it is. */
  CONNECTION_PARAMS_TIMEOUT_MS: envMilliseconds(5_000),
  /** How often a socket is pinged, and how long its answer may take. */
  SOCKET_PING_MS: envMilliseconds(25_000),
  /** How often a stream of server-sent events has a comment, which shows that it is alive. */
  STREAM_HEARTBEAT_MS: envMilliseconds(10_000),
  /** Unsent bytes of a socket above which the API leaves out deltas; a later snapshot replaces them. */
  SOCKET_LOSSY_BYTES: envCount(256 * 1024),
  /** Unsent bytes of a socket above which it is closed. */
  SOCKET_MAX_BYTES: envCount(4 * 1024 * 1024),
  /** Frames and calls that one socket may send in ten seconds; above that the API closes it. */
  SOCKET_CALLS_PER_10_S: envCount(20_000),
  /** Subscriptions that one socket may hold; the next is refused. */
  SOCKET_MAX_SUBSCRIPTIONS: envCount(500),
  /** How often the API checks the sessions of live sockets. This finds ended sessions whose news the bus lost. */
  SESSION_SWEEP_MS: envMilliseconds(3_000),
  /** How long a stopping process lets its sockets move elsewhere. */
  STOP_DRAIN_MS: z.coerce.number().int().min(0).max(600_000).default(5_000).describe('a whole number of milliseconds from 0 to 600000'),

  /** How often the API asks each part (database, bus, presence, limits) whether it answers. */
  HEALTH_CHECK_MS: envMilliseconds(1_000),
  /** How long a call may wait for a database that is known to be away. */
  CALL_PATIENCE_MS: envMilliseconds(1_500),
  /** Calls under way or waiting in one process; the next is refused, unless whoever calls has none there. */
  MAX_CALLS: envCount(10_000),
  /** Calls of one account that run at once in one process; its next ones wait for these. */
  CALLS_PER_PERSON: envCount(8),
  /** Calls of all accounts that run at once in one process; beyond, accounts take turns. A few times DATABASE_POOL, so that none is idle. */
  CALLS_AT_ONCE: envCount(64),

  /** How often the hub compares the heads of open rooms with the database. This finds events that the bus lost. */
  HEAD_SWEEP_MS: envMilliseconds(3_000),
  /** How long a room stays open after its last reader left. */
  HUB_LINGER_MS: envMilliseconds(5_000),
  /** How long the hub joins the text of replies before it sends it to readers. */
  HUB_WINDOW_MS: envMilliseconds(20),
  /** Answers of which later pieces may wait at once for a missing one; of others, the whole text is asked for. */
  BUFFER_MAX_BUFFERS: envCount(1_024),
  /** Pieces of one answer that may wait for a missing one. */
  BUFFER_MAX_CHUNKS: envCount(256),
  /** How long pieces may wait for a missing one before they are dropped. */
  BUFFER_MAX_AGE: envMilliseconds(60_000),
  /** How often pieces that waited too long are looked for. */
  BUFFER_CLEANUP_INTERVAL: envMilliseconds(10_000),
  /** How long a missing piece is waited for before the worker is asked for the whole text. */
  BUFFER_MISSING_CHUNK_TIMEOUT: envMilliseconds(150),
  /** Events of a room kept for readers that reconnect. */
  HUB_RING_SIZE: envCount(512),
  /** Changes that the hub replays to a reader who returns; a reader who missed more is told to fetch the room anew. */
  MAX_REPLAY: envCount(2_000),
  /** How often a process renews its presence. Well below PRESENCE_TTL_MS. */
  PRESENCE_HEARTBEAT_MS: envMilliseconds(10_000),
  /** How long the people of a process that died still show as present. */
  PRESENCE_TTL_MS: envMilliseconds(30_000),

  /** How long an agent may be silent before another may take its task over. */
  AGENT_LEASE_MS: envMilliseconds(30_000, 3_600_000),
  /** How long a reply waits for an agent while none serves its character; then it fails. */
  AGENT_WAIT_MS: envMilliseconds(300_000),
  /** How often an API looks for replies that agents left, and for those that have waited too long. */
  AGENT_SWEEP_MS: envMilliseconds(5_000),
  REPLY_MAX_DEPTH: envReplyMaxDepth,

  LIMIT_REGISTER_PER_10_MIN: envCount(3_000),
  LIMIT_LOGIN_PER_MIN: envCount(20),
  LIMIT_SEND_PER_10_S: envCount(300),
  /** All other changes that one person makes: read positions, pins, members, settings of rooms. */
  LIMIT_CHANGES_PER_10_S: envCount(600),
  LIMIT_SEARCH_PER_10_S: envCount(50),
  LIMIT_ROOMS_PER_HOUR: envCount(300),
  LIMIT_FILES_PER_HOUR: envCount(60),
  LIMIT_AI_PER_MIN: envCount(60),
  ...budgetEnvShape,
  /** If unset: the default model and the one named for its provider. An API that knows no default model leaves the check to the workers. */
  MODELS_ALLOWED: envModelsAllowed,
  ...retentionEnvShape,
  /** Private addresses that webhooks may call. */
  WEBHOOK_ALLOW_PRIVATE: envWebhookAllowPrivate,
  /** The API calls no model: it reads this only to know what a character may name. */
  DEFAULT_MODEL: z.string().optional().describe('provider:model, or built-in'),
} as const;

export const apiEnvSchema = z.object({
  ...apiEnvShape,
  ...serverEnvShape,
  ...serverUseEnvShape,
  SESSION_SECRET: z.string().min(32).describe('at least 32 characters, the same for every API'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?(?:\+sentinel)?:\/\/[^\s]+$/)
    .describe('redis://host:6379, or redis+sentinel://host:26379,host:26379/name'),
});

export type ApiEnv = z.infer<typeof apiEnvSchema>;
export type SharedApiEnv = z.infer<z.ZodObject<typeof apiEnvShape>>;

/** @throws EnvError naming each bad variable */
export function readApiEnv(env: Record<string, string | undefined> = process.env): ApiEnv {
  return parseEnv(apiEnvSchema, env);
}

/** Variables that look like ones of this process and are none. */
export function misspeltApiVariables(env: Record<string, string | undefined> = process.env) {
  return misspeltVariables(env, Object.keys(apiEnvSchema.shape));
}

const adminEnvSchema = z.object({
  DATABASE_URL: serverEnvShape.DATABASE_URL.optional(),
  DATA_DIR: z.string().min(1).default('data'),
  /** Free megabytes that a backup leaves to the server on that disk: see apps/standalone/src/env.ts. */
  DISK_RESERVE_MB: envCount(32, 1_000_000_000),
  NATS_URL: serverEnvShape.NATS_URL.optional(),
  NATS_CREDS: serverUseEnvShape.NATS_CREDS,
  PARLEY_ENV: processEnvShape.PARLEY_ENV,
  /** Where npm was called, which goes to the root of this repository: names of files are meant from there. */
  INIT_CWD: z.string().min(1).optional(),
});

export type AdminEnv = z.infer<typeof adminEnvSchema>;

/** For the operator's commands: the database of either shape, and the bus of the distributed one. @throws EnvError naming each bad variable */
export function readAdminEnv(env: Record<string, string | undefined> = process.env): AdminEnv {
  return parseEnv(adminEnvSchema, env);
}

/** For `npm run migrate`, which only the distributed shape needs. @throws EnvError if there is no DATABASE_URL */
export function readMigrateEnv(env: Record<string, string | undefined> = process.env) {
  return parseEnv(z.object({ DATABASE_URL: serverEnvShape.DATABASE_URL, DATABASE_DIRECT_URL: serverUseEnvShape.DATABASE_DIRECT_URL }), env);
}
