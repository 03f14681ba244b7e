import { z } from 'zod';

/**
 * Variables that several kinds of process read, described once: an API and a worker of one deployment must not take them for
 * different things. Each app's `env.ts` adds its own, and {@link parseEnv} reads them.
 */

/** A time in milliseconds. @param max a day, unless it must be less */
export function envMilliseconds(fallback: number, max = 86_400_000) {
  return z.coerce.number().int().positive().max(max).default(fallback).describe(`a whole number of milliseconds from 1 to ${max}`);
}

/** How many of something, at least one. */
export function envCount(fallback: number, max = 1_000_000_000) {
  return z.coerce.number().int().positive().max(max).default(fallback).describe(`a whole number from 1 to ${max}`);
}

/** Something that is so or not. */
export function envFlag(fallback: boolean) {
  return z
    .enum(['true', 'false', '1', '0'])
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true' || value === '1');
}

/** Tokens of paid models that one person's calls may use in a day (UTC); 0: any number. APIs and workers both check it. */
export const envDailyTokens = z.coerce
  .number()
  .int()
  .min(0)
  .max(1_000_000_000)
  .default(200_000)
  .describe('a whole number of tokens, or 0 for no limit');

/** Of every process. */
export const processEnvShape = {
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
  /** Whether all that leaves, and all that arrives on the bus, is parsed by what is declared of it: for tests and development. */
  CHECK_ANSWERS: envFlag(false).describe('true to refuse what is not declared'),
} as const;

const natsServer = String.raw`(?:(?:nats|tls)://)?(?:[^\s,/@]+@)?[^\s,/@]+/?`;

/** Where the servers of the distributed shape are, as far as every process of it needs them. */
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
  /** Connections at most. */
  DATABASE_POOL: envCount(10),
  /** How long a new connection, or a free one, is waited for. */
  DATABASE_CONNECT_MS: envMilliseconds(5_000),
  /** How long a statement may take. */
  DATABASE_STATEMENT_MS: envMilliseconds(10_000),
  /** How often a ping makes sure that the broker is there. */
  NATS_PING_MS: envMilliseconds(3_000),
} as const;
