import { EnvError } from '@parley/contracts';
import { describe, expect, it } from 'vitest';
import { modelSettingsOf, readWorkerEnv } from './env.js';

const servers = { DATABASE_URL: 'postgresql://u:p@localhost/db', NATS_URL: 'nats://localhost:4222' };

function problemsOf(env: Record<string, string>): string {
  try {
    readWorkerEnv(env);
  } catch (error) {
    if (error instanceof EnvError) return error.message;
    throw error;
  }
  throw new Error('accepted');
}

describe('readWorkerEnv', () => {
  it('needs only the servers, and takes empty variables for unset ones', () => {
    expect(readWorkerEnv({ ...servers, OPENAI_API_KEY: '', WORKER_PORT: '' })).toMatchObject({
      WORKER_CONCURRENCY: 50,
      REPLY_WINDOW_MS: 25,
      REPLY_MAX_PER_ROOM: 2,
      REPLY_MAX_PER_PERSON: 3,
      REPLY_MAX_DEPTH: 2,
      AI_DAILY_TOKENS_PER_USER: 200_000,
    });
  });

  it('names every bad variable with what was expected, on a line each', () => {
    const lines = problemsOf({ WORKER_CONCURRENCY: 'many', DEFAULT_MODEL: 'gpt', REPLY_LEASE_MS: '0' }).split('\n');
    expect(lines).toHaveLength(5);
    expect(lines).toContain('DATABASE_URL: expected postgresql://user:password@host:5432/database; it is not set.');
    expect(lines).toContain('WORKER_CONCURRENCY: expected a whole number from 1 to 10000; it is "many".');
    expect(lines).toContain('DEFAULT_MODEL: expected provider:model, with one of openai, anthropic, google, or built-in; it is "gpt".');
  });

  it('repeats no secret', () => {
    const secrets = { DATABASE_URL: 'mysql://u:hidden@h/db', NATS_URL: 'token hidden', OPENAI_BASE_URL: 'ftp://u:hidden@h' };
    expect(problemsOf({ ...servers, ...secrets }).split('\n')).toHaveLength(3);
    expect(problemsOf({ ...servers, ...secrets })).not.toContain('hidden');
    // A variable named after tokens of a model holds no secret, so its value is shown.
    expect(problemsOf({ ...servers, REPLY_FIRST_TOKEN_MS: 'soon' })).toMatch(/; it is "soon"\.$/);
  });

  it('takes 0 for no limit on tokens and for characters that do not call each other, and gateways of one’s own', () => {
    const gateways = { ANTHROPIC_BASE_URL: 'http://localhost:4000', GOOGLE_GENERATIVE_AI_BASE_URL: 'http://localhost:4000/v1beta' };
    const env = readWorkerEnv({ ...servers, ...gateways, AI_DAILY_TOKENS_PER_USER: '0', REPLY_MAX_DEPTH: '0' });
    expect(env).toMatchObject({ AI_DAILY_TOKENS_PER_USER: 0, REPLY_MAX_DEPTH: 0 });
    expect(modelSettingsOf(env)).toMatchObject({
      anthropicBaseUrl: 'http://localhost:4000',
      googleBaseUrl: 'http://localhost:4000/v1beta',
    });
    expect(problemsOf({ ...servers, ANTHROPIC_BASE_URL: 'localhost', AI_DAILY_TOKENS_PER_USER: '-1' }).split('\n')).toHaveLength(2);
  });

  it('takes a list of models that characters may name, and refuses what is no name', () => {
    const env = readWorkerEnv({ ...servers, MODELS_ALLOWED: 'openai:llama3:8b, anthropic:*,', MODEL_MAX_OUTPUT_TOKENS: '100' });
    expect(modelSettingsOf(env)).toMatchObject({ modelsAllowed: ['openai:llama3:8b', 'anthropic:*'], maxOutputTokens: 100 });
    expect(modelSettingsOf(readWorkerEnv({ ...servers, MODELS_ALLOWED: '' }))).toMatchObject({
      modelsAllowed: undefined,
      maxOutputTokens: 4_096,
    });
    const problems = problemsOf({ ...servers, MODELS_ALLOWED: 'google:../x', DEFAULT_MODEL: 'google:../x', MODEL_MAX_OUTPUT_TOKENS: '0' });
    expect(problems.split('\n')).toHaveLength(3);
    expect(problems).toContain('MODELS_ALLOWED: expected names of models such as openai:gpt-5.4-mini or openai:*, separated by commas');
  });

  it('takes a server of one’s own, with the name of its model', () => {
    const env = readWorkerEnv({ ...servers, OPENAI_BASE_URL: 'http://localhost:11434/v1', DEFAULT_MODEL: 'openai:llama3:8b' });
    expect(modelSettingsOf(env)).toMatchObject({ openaiBaseUrl: 'http://localhost:11434/v1', defaultModel: 'openai:llama3:8b' });
  });
});
