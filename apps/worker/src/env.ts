import {
  budgetEnvShape,
  builtInProvider,
  EnvError,
  envCount,
  envList,
  envMilliseconds,
  envModelsAllowed,
  envReplyMaxDepth,
  envWebhookAllowPrivate,
  isModelName,
  misspeltVariables,
  parseEnv,
  splitModelName,
  processEnvShape,
  retentionEnvShape,
  serverEnvShape,
  serverUseEnvShape,
} from '@parley/contracts';
import { defaultPrices, readModelPrices } from '@parley/core/jobs/model-prices';
import { z } from 'zod';
import { commandsWith, readStdioCommands, StdioCommandsError } from './mcp/stdio-commands.js';
import type { StdioCommand } from './mcp/stdio-transport.js';
import { modelProviders, type ModelSettings } from './models/providers.js';
import { ProvidersFileError, readProvidersFile } from './models/providers-file.js';

const baseUrl = (expected: string) =>
  z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(expected);
/** `provider:model`, or `built-in`; {@link modelSettingsOf} knows which providers there are. */
const isModel = (name: string): boolean => splitModelName(name).provider === builtInProvider || isModelName(name);
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
    .refine(isModel)
    .optional()
    .describe(`provider:model, with one of ${Object.keys(modelProviders).join(', ')}, or ${builtInProvider}`),
  /** A JSON file of further providers: docs/ai.md. */
  PROVIDERS: z
    .string()
    .transform((file, context) => {
      try {
        return readProvidersFile(file);
      } catch (error) {
        if (!(error instanceof ProvidersFileError)) throw error;
        context.addIssue({ code: 'custom', message: `a JSON file of providers (docs/ai.md), but ${error.message}` });
        return z.NEVER;
      }
    })
    .optional(),
  /** Models that stand in, in this order, where a character's model fails before it said anything. @default none */
  MODEL_FALLBACKS: envList
    .pipe(z.array(z.string().refine(isModel)))
    .optional()
    .describe('names of models such as openai:gpt-5.4-mini, or built-in, separated by commas'),
  /** If unset: the default model and the one named for its provider. */
  MODELS_ALLOWED: envModelsAllowed,
  /**
   * The most tokens that one call to a model may give, thoughts included: some ten screens of text. Hosted models offer
   * at least this, so none refuses it, and one call costs at most this at the provider's price. Raise it for models that think at length.
   */
  MODEL_MAX_OUTPUT_TOKENS: envCount(4_096, 1_000_000),
  /** What models cost; see `model-prices.ts` for its form and for the prices that hold without it. */
  MODEL_PRICES: z
    .string()
    .trim()
    .transform((text, context) => {
      try {
        return text === '' ? defaultPrices : readModelPrices(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
        return z.NEVER;
      }
    })
    .default(defaultPrices)
    .describe(
      'JSON such as {"openai:gpt-5.4-mini": {"input": 0.75, "cachedInput": 0.075, "output": 4.5}}, in dollars for a million tokens',
    ),
  /** 0 writes everything at once. */
  BUILT_IN_WORDS_PER_SECOND: z.coerce.number().min(0).max(100_000).default(45).describe('a number of words, or 0 for all at once'),
} as const;

/** Variables of replying; the same in both shapes. */
export const replyEnvShape = {
  /** Replies that one worker writes at once. */
  WORKER_CONCURRENCY: envCount(50, 10_000),
  /** How long a claim lasts unless it is renewed. After that another worker may take the reply over. */
  REPLY_LEASE_MS: envMilliseconds(10_000),
  /** How often a worker looks for replies that no wake-up told it of. */
  REPLY_SWEEP_MS: envMilliseconds(2_000),
  /** How long text is collected before it is published; 0 publishes each piece at once. */
  REPLY_WINDOW_MS: z.coerce.number().int().min(0).max(10_000).default(25).describe('a whole number of milliseconds from 0 to 10000'),
  /** How long a model may take to begin. Local models load their weights in this time. */
  REPLY_FIRST_TOKEN_MS: envMilliseconds(120_000),
  /** How long a model that has begun may be silent. */
  REPLY_BETWEEN_TOKENS_MS: envMilliseconds(60_000),
  /** How long one attempt may take, thinking included. */
  REPLY_ANSWER_MS: envMilliseconds(900_000),
  /** After so many attempts in a row that ended badly the reply has failed. */
  REPLY_MAX_TRIES: envCount(5, 100),
  /** The wait after the first failed attempt; it doubles with each further one. */
  REPLY_RETRY_DELAY_MS: envMilliseconds(500),
  /** How long a worker tries to write the end of a reply while the database is away. */
  REPLY_FINISH_LIMIT_MS: envMilliseconds(120_000),
  /** Tokens that a prompt may hold; older conversation is summarised. */
  REPLY_PROMPT_TOKENS: envCount(24_000, 10_000_000),
  /** How many replies are written at once in one room, and for one person. Other replies wait, and people take turns. */
  REPLY_MAX_PER_ROOM: envCount(2, 1_000),
  REPLY_MAX_PER_PERSON: envCount(3, 1_000),
  REPLY_MAX_DEPTH: envReplyMaxDepth,
  ...budgetEnvShape,
  /** How long a stopping process lets its replies end. */
  WORKER_STOP_LIMIT_MS: envMilliseconds(20_000),
} as const;

/** Variables of webhooks; the same in both shapes. */
const webhookEnvShape = {
  WEBHOOK_ALLOW_PRIVATE: envWebhookAllowPrivate,
  /** How long a receiver may take to answer, its name's resolution included. */
  WEBHOOK_ANSWER_MS: envMilliseconds(10_000),
  /** The wait after the first delivery that was not taken; it doubles with each further one, up to an hour. */
  WEBHOOK_RETRY_DELAY_MS: envMilliseconds(5_000),
  /** How long a delivery is tried. */
  WEBHOOK_RETRY_FOR_MS: envMilliseconds(86_400_000),
} as const;

const stdioExample = 'JSON such as {"files": {"command": "/usr/bin/mcp-files", "args": ["/srv/docs"], "env": ["PATH"]}}';

/** Variables of the tools of characters; the same in both shapes. */
const toolEnvShape = {
  /** Whether characters that were given `fetch_url` may read pages of the web. */
  TOOL_FETCH_URL: z.enum(['on', 'off']).default('off').describe('on or off'),
  /** The commands that admins may choose as MCP servers. @default none */
  MCP_STDIO: z
    .string()
    .trim()
    .transform((text, context) => {
      try {
        return readStdioCommands(text);
      } catch (error) {
        if (!(error instanceof StdioCommandsError)) throw error;
        context.addIssue({ code: 'custom', message: `${stdioExample}, but ${error.message}` });
        return z.NEVER;
      }
    })
    .default({})
    .describe(stdioExample),
} as const;

export const workerEnvShape = { ...modelEnvShape, ...replyEnvShape, ...webhookEnvShape, ...toolEnvShape, ...retentionEnvShape } as const;

export const workerProcessSchema = z.object({
  ...workerEnvShape,
  ...processEnvShape,
  ...serverEnvShape,
  ...serverUseEnvShape,
  /** The port of /health, /live, /ready and /metrics. Unset: the worker listens on no port. */
  WORKER_PORT: z.coerce.number().int().min(0).max(65_535).optional().describe('a port number, 0 for any free one'),
});

export type WorkerEnv = z.infer<z.ZodObject<typeof workerEnvShape>>;
export type WorkerProcessEnv = z.infer<typeof workerProcessSchema>;

/** @throws EnvError naming each bad variable */
export function readWorkerEnv(env: Record<string, string | undefined> = process.env): WorkerProcessEnv {
  const read = parseEnv(workerProcessSchema, env);
  modelSettingsOf(read, env);
  return read;
}

/** Variables that look like ones of this process and are none. */
export function misspeltWorkerVariables(env: Record<string, string | undefined> = process.env) {
  return misspeltVariables(env, Object.keys(workerProcessSchema.shape));
}

/**
 * What the variables say of models.
 *
 * @param variables where the keys are that the file of providers names
 * @throws EnvError for a key that is not set, and for a model of a provider that there is not
 */
export function modelSettingsOf(env: WorkerEnv, variables: Record<string, string | undefined> = process.env): ModelSettings {
  const listed = env.PROVIDERS ?? [];
  const problems = listed.flatMap(({ name, keyVariable }) =>
    keyVariable !== undefined && !variables[keyVariable]?.trim()
      ? [`${keyVariable}: expected the key of “${name}”, because the file of PROVIDERS names it; it is not set.`]
      : [],
  );
  const known = [...Object.keys(modelProviders), ...listed.map(({ name }) => name), builtInProvider];
  const isKnown = (model: string): boolean => known.includes(splitModelName(model).provider);
  for (const [variable, models] of [
    ['DEFAULT_MODEL', env.DEFAULT_MODEL === undefined ? [] : [env.DEFAULT_MODEL]],
    ['MODEL_FALLBACKS', env.MODEL_FALLBACKS ?? []],
  ] as const) {
    const unknown = models.find((model) => !isKnown(model));
    if (unknown !== undefined) {
      problems.push(`${variable}: expected provider:model, with one of ${known.join(', ')}; it is ${JSON.stringify(unknown)}.`);
    }
  }
  if (problems.length > 0) throw new EnvError(problems.join('\n'));
  return {
    providers: listed.map(({ name, protocol, baseUrl, keyVariable }) => ({
      name,
      protocol,
      baseUrl,
      apiKey: keyVariable === undefined ? undefined : variables[keyVariable]?.trim(),
    })),
    fallbacks: env.MODEL_FALLBACKS,
    openaiApiKey: env.OPENAI_API_KEY,
    openaiBaseUrl: env.OPENAI_BASE_URL,
    anthropicApiKey: env.ANTHROPIC_API_KEY,
    anthropicBaseUrl: env.ANTHROPIC_BASE_URL,
    googleApiKey: env.GOOGLE_GENERATIVE_AI_API_KEY,
    googleBaseUrl: env.GOOGLE_GENERATIVE_AI_BASE_URL,
    defaultModel: env.DEFAULT_MODEL,
    modelsAllowed: env.MODELS_ALLOWED,
    maxOutputTokens: env.MODEL_MAX_OUTPUT_TOKENS,
    wordsPerSecond: env.BUILT_IN_WORDS_PER_SECOND,
  };
}

/** The commands that may be MCP servers, each with the variables that it is given. @param variables our own environment */
export function stdioCommandsOf(env: WorkerEnv, variables: Record<string, string | undefined> = process.env): Record<string, StdioCommand> {
  return commandsWith(env.MCP_STDIO, variables);
}
