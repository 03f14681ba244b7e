import { natsUrl, parseEnv } from '@parley/contracts';
import { z } from 'zod';

const milliseconds = (fallback: number) =>
  z.coerce.number().int().positive().max(86_400_000).default(fallback).describe('a whole number of milliseconds from 1 to 86400000');
const count = (fallback: number) =>
  z.coerce.number().int().positive().max(1_000_000_000).default(fallback).describe('a whole number from 1 to 1000000000');
const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'])
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true' || value === '1');
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
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000).describe('a port number, 0 for any free one'),
  HOST: z.string().min(1).default('127.0.0.1').describe('an address to listen on'),
  PUBLIC_ORIGINS: list
    .pipe(z.array(z.url({ protocol: /^https?$/ })))
    .describe('origins such as https://chat.example.org, separated by commas'),
  TRUST_PROXY: flag(false).describe('true if a proxy in front adds to X-Forwarded-For'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('fatal, error, warn, info, debug, trace or silent'),
  REGISTRATION: z.enum(['open', 'invite', 'closed']).optional().describe('open, invite or closed'),
  INSTANCE_ID: z
    .string()
    .regex(/^[\w.-]{1,64}$/)
    .optional()
    .describe('up to 64 letters, digits, "-", "_" and "."'),
  PARLEY_ENV: z
    .string()
    .regex(/^[\w-]{1,32}$/)
    .default('main')
    .describe('a name that keeps deployments on one broker apart'),

  ACCESS_TOKEN_TTL_MS: milliseconds(15 * 60_000),
  CONNECTION_PARAMS_TIMEOUT_MS: milliseconds(5_000),
  SOCKET_PING_MS: milliseconds(25_000),
  SOCKET_LOSSY_BYTES: count(256 * 1024),
  SOCKET_MAX_BYTES: count(4 * 1024 * 1024),
  SOCKET_CALLS_PER_10_S: count(20_000),
  SOCKET_MAX_SUBSCRIPTIONS: count(500),
  HEAD_SWEEP_MS: milliseconds(3_000),
  SESSION_SWEEP_MS: milliseconds(5_000),
  /** How long a stopping process lets its sockets move elsewhere. */
  STOP_DRAIN_MS: z.coerce.number().int().min(0).max(600_000).default(5_000).describe('a whole number of milliseconds from 0 to 600000'),
  /** How often each part (database, bus, presence, limits) is asked whether it is there. */
  HEALTH_CHECK_MS: milliseconds(1_000),
  /** How long a call may wait for a database that is known to be away. */
  CALL_PATIENCE_MS: milliseconds(1_500),
  /** Calls under way at once in one process; one more is refused. */
  MAX_CALLS: count(10_000),
  HUB_LINGER_MS: milliseconds(5_000),
  HUB_WINDOW_MS: milliseconds(20),
  HUB_RING_SIZE: count(512),
  MAX_REPLAY: count(2_000),
  PRESENCE_HEARTBEAT_MS: milliseconds(10_000),
  PRESENCE_TTL_MS: milliseconds(30_000),
  PASSWORD_HASH_CONCURRENCY: count(2),
  /** Passwords that may wait for their turn; one more is refused. */
  PASSWORD_HASH_WAITING: count(100),

  LIMIT_REGISTER_PER_10_MIN: count(3_000),
  LIMIT_LOGIN_PER_MIN: count(20),
  LIMIT_SEND_PER_10_S: count(300),
  LIMIT_SEARCH_PER_10_S: count(50),
  LIMIT_ROOMS_PER_HOUR: count(300),
  LIMIT_FILES_PER_HOUR: count(60),
  LIMIT_AI_PER_MIN: count(60),
  /** Tokens of paid models that one person's calls may use in a day (UTC); 0: any number. The worker reads it too. */
  AI_DAILY_TOKENS_PER_USER: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000_000)
    .default(200_000)
    .describe('a whole number of tokens, or 0 for no limit'),
} as const;

const databaseUrl = z.url({ protocol: /^postgres(ql)?$/ });
const databaseUrlForm = 'postgresql://user:password@host:5432/database';

const apiEnvSchema = z.object({
  ...apiEnvShape,
  SESSION_SECRET: z.string().min(32).describe('at least 32 characters, the same for every API'),
  DATABASE_URL: databaseUrl.describe(databaseUrlForm),
  NATS_URL: natsUrl,
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).describe('redis://host:6379'),
  DATABASE_POOL: count(10),
  DATABASE_CONNECT_MS: milliseconds(5_000),
  DATABASE_STATEMENT_MS: milliseconds(10_000),
  NATS_PING_MS: milliseconds(3_000),
});

export type ApiEnv = z.infer<typeof apiEnvSchema>;
export type SharedApiEnv = z.infer<z.ZodObject<typeof apiEnvShape>>;

export function readApiEnv(env: Record<string, string | undefined> = process.env): ApiEnv {
  return parseEnv(apiEnvSchema, env);
}

const adminEnvSchema = z.object({
  DATABASE_URL: databaseUrl.optional().describe(databaseUrlForm),
  DATA_DIR: z.string().min(1).default('data'),
  NATS_URL: natsUrl.optional(),
  PARLEY_ENV: apiEnvShape.PARLEY_ENV,
});

export type AdminEnv = z.infer<typeof adminEnvSchema>;

/** For `npm run admin`: the database of either shape, and the bus of the distributed one. */
export function readAdminEnv(env: Record<string, string | undefined> = process.env): AdminEnv {
  return parseEnv(adminEnvSchema, env);
}
