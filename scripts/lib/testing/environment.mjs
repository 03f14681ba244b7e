/** Variables that configure Parley itself. A developer's settings, and above all keys that cost money, stay out of the tests. */
const configuration = [
  'PORT',
  'HOST',
  'PUBLIC_ORIGINS',
  'TRUST_PROXY',
  'DATA_DIR',
  'LOG_LEVEL',
  'REGISTRATION',
  'SESSION_SECRET',
  'INSTANCE_ID',
  'PARLEY_ENV',
  'DATABASE_URL',
  'DATABASE_POOL',
  'NATS_URL',
  'REDIS_URL',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'ANTHROPIC_API_KEY',
  'GOOGLE_GENERATIVE_AI_API_KEY',
  'DEFAULT_MODEL',
  'MODELS_ALLOWED',
  'WEBHOOK_ALLOW_PRIVATE',
  'TOOL_FETCH_URL',
  'MCP_STDIO',
  'MODEL_MAX_OUTPUT_TOKENS',
  'MODEL_PRICES',
  'AI_DAILY_TOKENS_PER_USER',
  'AI_MONTHLY_TOKENS_PER_USER',
  'AI_DAILY_COST_PER_USER',
  'AI_MONTHLY_COST_PER_USER',
  'AI_DAILY_TOKENS_PER_ROOM',
  'AI_MONTHLY_TOKENS_PER_ROOM',
  'AI_DAILY_COST_PER_ROOM',
  'AI_MONTHLY_COST_PER_ROOM',
  'AI_DAILY_TOKENS_PER_CHARACTER',
  'AI_MONTHLY_TOKENS_PER_CHARACTER',
  'AI_DAILY_COST_PER_CHARACTER',
  'AI_MONTHLY_COST_PER_CHARACTER',
  'AI_DAILY_TOKENS',
  'AI_MONTHLY_TOKENS',
  'AI_DAILY_COST',
  'AI_MONTHLY_COST',
  'NODE_ENV',
  'NODE_OPTIONS',
];

/**
 * The environment that tests run in.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {Record<string, string>} servers
 * @returns {NodeJS.ProcessEnv}
 */
export function testEnvironment(env, servers) {
  const rest = Object.fromEntries(Object.entries(env).filter(([name]) => !configuration.includes(name)));
  return { ...rest, ...servers };
}
