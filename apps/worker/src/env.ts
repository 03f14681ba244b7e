import { natsUrl, parseEnv } from '@parley/contracts';
import { z } from 'zod';
import { builtInProvider } from './models/built-in/prompt-codec.js';
import { isModelProvider, modelProviders, splitModelName, type ModelSettings } from './models/providers.js';

const milliseconds = (fallback: number, most = 86_400_000) =>
  z.coerce.number().int().positive().max(most).default(fallback).describe(`a whole number of milliseconds from 1 to ${most}`);
const count = (fallback: number, most: number) =>
  z.coerce.number().int().positive().max(most).default(fallback).describe(`a whole number from 1 to ${most}`);
const baseUrl = (expected: string) =>
  z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(expected);
const key = z.string().trim().min(1).optional().describe('a key');

/** Variables that choose models; the same in both shapes. */
export const modelEnvShape = {
  OPENAI_API_KEY: key,
  OPENAI_BASE_URL: baseUrl('the address of an OpenAI-compatible server, such as http://localhost:11434/v1'),
  ANTHROPIC_API_KEY: key,
  ANTHROPIC_BASE_URL: baseUrl('the address of a server that speaks Anthropic’s messages, such as http://localhost:4000/v1'),
  GOOGLE_GENERATIVE_AI_API_KEY: key,
  GOOGLE_GENERATIVE_AI_BASE_URL: baseUrl(
    'the address of a server that speaks Google’s generateContent, such as http://localhost:4000/v1beta',
  ),
  DEFAULT_MODEL: z
    .string()
    .refine((name) => {
      const { provider, modelId } = splitModelName(name);
      return provider === builtInProvider || (isModelProvider(provider) && modelId !== '');
    })
    .optional()
    .describe(`provider:model, with one of ${Object.keys(modelProviders).join(', ')}, or ${builtInProvider}`),
  /** 0: everything at once. */
  BUILT_IN_WORDS_PER_SECOND: z.coerce.number().min(0).max(100_000).default(45).describe('a number of words, or 0 for all at once'),
} as const;

/** Variables of replying; the same in both shapes. */
export const replyEnvShape = {
  WORKER_CONCURRENCY: count(50, 10_000),
  REPLY_LEASE_MS: milliseconds(10_000),
  REPLY_SWEEP_MS: milliseconds(2_000),
  REPLY_WINDOW_MS: z.coerce.number().int().min(0).max(10_000).default(25).describe('a whole number of milliseconds from 0 to 10000'),
  REPLY_FIRST_TOKEN_MS: milliseconds(120_000),
  REPLY_BETWEEN_TOKENS_MS: milliseconds(60_000),
  /** One attempt, thinking included. */
  REPLY_ANSWER_MS: milliseconds(900_000),
  REPLY_MAX_TRIES: count(5, 100),
  REPLY_RETRY_DELAY_MS: milliseconds(500),
  REPLY_FINISH_LIMIT_MS: milliseconds(120_000),
  /** Tokens of conversation a prompt holds; what is older is summarised. */
  REPLY_PROMPT_TOKENS: count(24_000, 10_000_000),
  /** Replies written at once in one room, and for one person; the others wait, and people take turns. */
  REPLY_MAX_PER_ROOM: count(2, 1_000),
  REPLY_MAX_PER_PERSON: count(3, 1_000),
  /** How many times a reply may set off another in turn; 0: characters do not answer each other. */
  REPLY_MAX_DEPTH: z.coerce.number().int().min(0).max(20).default(2).describe('a whole number from 0 to 20'),
  /** Tokens of paid models that one person's calls may use in a day (UTC); 0: any number. */
  AI_DAILY_TOKENS_PER_USER: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000_000)
    .default(200_000)
    .describe('a whole number of tokens, or 0 for no limit'),
  /** How long a stopping process lets its replies end. */
  WORKER_STOP_LIMIT_MS: milliseconds(20_000),
} as const;

export const workerEnvShape = { ...modelEnvShape, ...replyEnvShape } as const;

const workerProcessSchema = z.object({
  ...workerEnvShape,
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('postgresql://user:password@host:5432/database'),
  DATABASE_POOL: count(10, 1_000),
  DATABASE_CONNECT_MS: milliseconds(5_000),
  DATABASE_STATEMENT_MS: milliseconds(10_000),
  NATS_PING_MS: milliseconds(3_000),
  NATS_URL: natsUrl,
  PARLEY_ENV: z
    .string()
    .regex(/^[\w-]{1,32}$/)
    .default('main')
    .describe('a name that keeps deployments on one broker apart'),
  INSTANCE_ID: z
    .string()
    .regex(/^[\w.-]{1,64}$/)
    .optional()
    .describe('up to 64 letters, digits, "-", "_" and "."'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('fatal, error, warn, info, debug, trace or silent'),
  HOST: z.string().min(1).default('127.0.0.1').describe('an address to listen on'),
  /** Unset: no listener for /health and /metrics. */
  WORKER_PORT: z.coerce.number().int().min(0).max(65_535).optional().describe('a port number, 0 for any free one'),
});

export type WorkerEnv = z.infer<z.ZodObject<typeof workerEnvShape>>;
export type WorkerProcessEnv = z.infer<typeof workerProcessSchema>;

/** @throws EnvError naming each bad variable */
export function readWorkerEnv(env: Record<string, string | undefined> = process.env): WorkerProcessEnv {
  return parseEnv(workerProcessSchema, env);
}

export function modelSettingsOf(env: WorkerEnv): ModelSettings {
  return {
    openaiApiKey: env.OPENAI_API_KEY,
    openaiBaseUrl: env.OPENAI_BASE_URL,
    anthropicApiKey: env.ANTHROPIC_API_KEY,
    anthropicBaseUrl: env.ANTHROPIC_BASE_URL,
    googleApiKey: env.GOOGLE_GENERATIVE_AI_API_KEY,
    googleBaseUrl: env.GOOGLE_GENERATIVE_AI_BASE_URL,
    defaultModel: env.DEFAULT_MODEL,
    wordsPerSecond: env.BUILT_IN_WORDS_PER_SECOND,
  };
}
