import { z } from 'zod';
import { microsPerDollar, type BudgetLimit, type BudgetLimits } from './budgets.js';
import { maxRetentionDays } from './limits.js';
import { isModelName } from './model-names.js';

/**
 * Variables that several kinds of process read. They are described once, so that an API and a worker of one deployment read them alike.
 * Each app's `env.ts` adds its own, and {@link parseEnv} reads them.
 */

/** A time in milliseconds. @param max a day by default */
export function envMilliseconds(fallback: number, max = 86_400_000) {
  return z.coerce.number().int().positive().max(max).default(fallback).describe(`a whole number of milliseconds from 1 to ${max}`);
}

/** How many of something, at least one. */
export function envCount(fallback: number, max = 1_000_000_000) {
  return z.coerce.number().int().positive().max(max).default(fallback).describe(`a whole number from 1 to ${max}`);
}

/** True or false. */
export function envFlag(fallback: boolean) {
  return z
    .enum(['true', 'false', '1', '0'])
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true' || value === '1');
}

/** A limit of tokens. */
function envTokenLimit(fallback: number) {
  return z.coerce.number().int().min(0).max(1_000_000_000_000).default(fallback).describe('a whole number of tokens, or 0 for no limit');
}

/** A limit of money, which is read in dollars and kept in millionths of a dollar. */
const envCostLimit = z.coerce
  .number()
  .min(0)
  .max(1_000_000_000)
  .default(0)
  .transform((dollars) => Math.round(dollars * microsPerDollar))
  .describe('an amount in dollars such as 2.50, or 0 for no limit');

/**
 * What calls to paid models may use in a day and in a month (UTC); 0 means no limit. Workers hold every call against all of these, and APIs
 * show them and check commands. From the start people's days have a limit and what nobody asks for: a server that is left alone is then not used up.
 */
export const budgetEnvShape = {
  /** Tokens that calls to paid models may use in a day (UTC), for one person. */
  AI_DAILY_TOKENS_PER_USER: envTokenLimit(200_000),
  /** Tokens that calls to paid models may use in a month (UTC), for one person. */
  AI_MONTHLY_TOKENS_PER_USER: envTokenLimit(0),
  /** Dollars that calls to paid models may use in a day (UTC), for one person. */
  AI_DAILY_COST_PER_USER: envCostLimit,
  /** Dollars that calls to paid models may use in a month (UTC), for one person. */
  AI_MONTHLY_COST_PER_USER: envCostLimit,
  /** Tokens that calls to paid models may use in a day (UTC), in one room. */
  AI_DAILY_TOKENS_PER_ROOM: envTokenLimit(0),
  /** Tokens that calls to paid models may use in a month (UTC), in one room. */
  AI_MONTHLY_TOKENS_PER_ROOM: envTokenLimit(0),
  /** Dollars that calls to paid models may use in a day (UTC), in one room. */
  AI_DAILY_COST_PER_ROOM: envCostLimit,
  /** Dollars that calls to paid models may use in a month (UTC), in one room. */
  AI_MONTHLY_COST_PER_ROOM: envCostLimit,
  /** Tokens that calls to paid models may use in a day (UTC), of one character. */
  AI_DAILY_TOKENS_PER_CHARACTER: envTokenLimit(0),
  /** Tokens that calls to paid models may use in a month (UTC), of one character. */
  AI_MONTHLY_TOKENS_PER_CHARACTER: envTokenLimit(0),
  /** Dollars that calls to paid models may use in a day (UTC), of one character. */
  AI_DAILY_COST_PER_CHARACTER: envCostLimit,
  /** Dollars that calls to paid models may use in a month (UTC), of one character. */
  AI_MONTHLY_COST_PER_CHARACTER: envCostLimit,
  /** Tokens that calls to paid models may use in a day (UTC), all together. */
  AI_DAILY_TOKENS: envTokenLimit(0),
  /** Tokens that calls to paid models may use in a month (UTC), all together. */
  AI_MONTHLY_TOKENS: envTokenLimit(0),
  /** Dollars that calls to paid models may use in a day (UTC), all together. */
  AI_DAILY_COST: envCostLimit,
  /** Dollars that calls to paid models may use in a month (UTC), all together. */
  AI_MONTHLY_COST: envCostLimit,
  /** Of the summaries of one room, which characters remember it by. Nobody asks for them, and nobody shall be able to cause many. */
  AI_DAILY_SUMMARY_TOKENS_PER_ROOM: envTokenLimit(200_000),
} as const;

/** The limits that variables of {@link budgetEnvShape} set. */
export function budgetLimitsOf(env: z.infer<z.ZodObject<typeof budgetEnvShape>>): BudgetLimits {
  const of = (suffix: '_PER_USER' | '_PER_ROOM' | '_PER_CHARACTER' | ''): BudgetLimit => ({
    dayTokens: env[`AI_DAILY_TOKENS${suffix}`],
    monthTokens: env[`AI_MONTHLY_TOKENS${suffix}`],
    dayCost: env[`AI_DAILY_COST${suffix}`],
    monthCost: env[`AI_MONTHLY_COST${suffix}`],
  });
  const summaryDayTokens = env.AI_DAILY_SUMMARY_TOKENS_PER_ROOM;
  return { person: of('_PER_USER'), room: of('_PER_ROOM'), character: of('_PER_CHARACTER'), instance: of(''), summaryDayTokens };
}

/** How many replies in a row may each be called by the one before; 0: characters do not answer each other. Workers and agents both write replies. */
export const envReplyMaxDepth = z.coerce.number().int().min(0).max(20).default(2).describe('a whole number from 0 to 20');

/** A text with commas between its parts. */
export const envList = z.string().transform((value) =>
  value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== ''),
);

/** Models that characters may name, separated by commas. APIs and workers both check it. */
export const envModelsAllowed = envList
  .pipe(z.array(z.string().refine((name) => isModelName(name) || /^[a-z][a-z-]{0,31}:\*$/.test(name))))
  .optional()
  .describe('names of models such as openai:gpt-5.4-mini or openai:*, separated by commas');

/**
 * Private addresses that webhooks may call all the same, separated by commas: ranges such as 10.0.0.0/8, and names of hosts. APIs and workers
 * both check it.
 */
export const envWebhookAllowPrivate = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((entry) => entry.trim().toLowerCase())
      .filter((entry) => entry !== ''),
  )
  .pipe(z.array(z.string().regex(/^(?:[\da-f:.]{2,45}\/\d{1,3}|[\w.:-]{1,253})$/)))
  .prefault('')
  .describe('ranges such as 10.0.0.0/8 and names of hosts, separated by commas');

/**
 * How long messages are kept. Workers remove what is older; APIs say so, and hold what owners of rooms choose against it.
 */
export const retentionEnvShape = {
  /** Days after which messages are removed in every room; 0 keeps them for good. A room may keep its own for less. @default what admins set */
  RETENTION_DAYS: z.coerce.number().int().min(0).max(maxRetentionDays).optional().describe('a whole number of days, or 0 for good'),
  /** The fewest days that the owners of a room may choose. @default what admins set */
  RETENTION_LEAST_DAYS: z.coerce.number().int().min(1).max(maxRetentionDays).optional().describe('a whole number of days'),
} as const;

/** Variables of every process. */
export const processEnvShape = {
  /** Days that the audit log is kept. If unset, the setting of the same name, which admins change. */
  AUDIT_DAYS: z.coerce.number().int().min(1).max(36_500).optional().describe('a whole number of days from 1 to 36500'),
  HOST: z.string().min(1).default('127.0.0.1').describe('an address to listen on'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('fatal, error, warn, info, debug, trace or silent'),
  /** Names the process in logs, leases and `/health`. */
  INSTANCE_ID: z
    .string()
    .regex(/^[\w.-]{1,64}$/)
    .optional()
    .describe('up to 64 letters, digits, "-", "_" and "."'),
  /** Part of every subject on the bus and every key in Redis. */
  PARLEY_ENV: z
    .string()
    .regex(/^[\w-]{1,32}$/)
    .default('main')
    .describe('a name that keeps deployments on one broker apart'),
  /** A port of its own for `/metrics`, which is then served there alone. Unset: an API has them on PORT, a worker on WORKER_PORT. */
  METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional().describe('a port number, 0 for any free one'),
  /** Where METRICS_PORT listens: not for the world. */
  METRICS_HOST: z.string().min(1).default('127.0.0.1').describe('an address to listen on'),
  /** Who knows it may read the metrics. If unset, PORT answers this machine alone, and nobody where there is a proxy. */
  METRICS_TOKEN: z
    .string()
    .regex(/^[\w.-]{16,256}$/)
    .optional()
    .describe('16 to 256 letters, digits, "-", "_" and "."'),
  /** Of a collector of traces that speaks OTLP over HTTP. Unset: no spans are recorded, and OpenTelemetry is not loaded. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('the address of a collector, such as http://localhost:4318'),
  /** Headers for the collector. These and the samplers are read by OpenTelemetry's library itself. */
  OTEL_EXPORTER_OTLP_HEADERS: z.string().min(1).optional().describe('name=value pairs, separated by commas'),
  /** Which traces are recorded. @default as whoever began the trace, and a tenth of those that begin here */
  OTEL_TRACES_SAMPLER: z
    .enum(['always_on', 'always_off', 'traceidratio', 'parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'])
    .optional()
    .describe('a sampler of OpenTelemetry, such as parentbased_traceidratio'),
  /** The part of traces that begin here to record, by a sampler with `ratio` in its name or without one. @default 0.1 */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).optional().describe('a number from 0 to 1'),
  /**
   * Whether the process parses all that it sends out, and all that arrives on the bus, with the declared schemas: for tests and
   * development.
   */
  CHECK_ANSWERS: envFlag(false).describe('true to refuse what is not declared'),
} as const;

const natsServer = String.raw`(?:(?:nats|tls)://)?(?:[^\s,/@]+@)?[^\s,/@]+/?`;

/** The addresses of those servers of the distributed shape that every process needs. */
export const serverEnvShape = {
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('postgresql://user:password@host:5432/database'),
  /** One server or several separated by commas, each with or without its scheme. */
  NATS_URL: z
    .string()
    .regex(new RegExp(String.raw`^${natsServer}(?:\s*,\s*${natsServer})*$`))
    .describe('nats://host:4222'),
} as const;

/** How a process of the distributed shape uses those servers. */
export const serverUseEnvShape = {
  /**
   * The database's own address, if DATABASE_URL leads to a pooler in transaction mode, such as PgBouncer: migrations need a session of
   * their own, and on the pooler's connections no statement is prepared.
   */
  DATABASE_DIRECT_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('postgresql://user:password@host:5432/database'),
  /** A file with the credentials of a NATS account, instead of a user or a token in NATS_URL. It is read anew for each connection. */
  NATS_CREDS: z.string().min(1).optional().describe('the path of a file such as nsc writes'),
  /** The most database connections of one process. */
  DATABASE_POOL: envCount(10),
  /** How long a statement waits for a new database connection. It waits longer for a free one, unless the database is silent. */
  DATABASE_CONNECT_MS: envMilliseconds(5_000),
  /** How long a database statement may take. */
  DATABASE_STATEMENT_MS: envMilliseconds(10_000),
  /** How often a ping makes sure that the broker is there. */
  NATS_PING_MS: envMilliseconds(3_000),
} as const;
