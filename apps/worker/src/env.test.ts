import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

  it('takes a file of providers with their keys, and says in a sentence what is wrong with one', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'parley-providers-')), 'providers.json');
    const write = (value: unknown): void => writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    const ollama = { name: 'ollama', protocol: 'openai', baseUrl: 'http://localhost:11434/v1' };
    const together = { name: 'together', protocol: 'openai', baseUrl: 'https://api.together.xyz', keyVariable: 'TOGETHER_API_KEY' };
    write([ollama, together]);
    const variables = { ...servers, PROVIDERS: file, TOGETHER_API_KEY: 'sk-1', MODEL_FALLBACKS: 'together:m, built-in' };
    expect(modelSettingsOf(readWorkerEnv({ ...variables, DEFAULT_MODEL: 'ollama:llama3' }), variables)).toMatchObject({
      providers: [
        { name: 'ollama', protocol: 'openai', baseUrl: 'http://localhost:11434/v1', apiKey: undefined },
        { name: 'together', apiKey: 'sk-1' },
      ],
      fallbacks: ['together:m', 'built-in'],
      defaultModel: 'ollama:llama3',
    });
    expect(problemsOf({ ...variables, TOGETHER_API_KEY: '' })).toBe(
      'TOGETHER_API_KEY: expected the key of “together”, because the file of PROVIDERS names it; it is not set.',
    );
    expect(problemsOf({ ...variables, MODEL_FALLBACKS: 'opnai:x', DEFAULT_MODEL: 'olama:x' })).toBe(
      [
        'DEFAULT_MODEL: expected provider:model, with one of openai, anthropic, google, ollama, together, built-in; it is "olama:x".',
        'MODEL_FALLBACKS: expected provider:model, with one of openai, anthropic, google, ollama, together, built-in; it is "opnai:x".',
      ].join('\n'),
    );
    for (const [content, problem] of [
      ['{', 'it is no JSON'],
      [{}, 'write a list of providers'],
      [[ollama, ollama], 'provider 2, name: “ollama” is there twice'],
      [[{ ...ollama, name: 'openai' }], 'provider 1, name: choose another name than openai, anthropic, google, built-in, agent'],
      [[{ ...ollama, name: 'Olla ma' }], 'provider 1, name: write up to 32 small letters and “-”, the first a letter'],
      [[{ ...ollama, baseUrl: 'localhost' }], 'provider 1, baseUrl: write an address that begins with http:// or https://'],
      [[{ ...ollama, protocol: 'ollama' }], 'provider 1, protocol: write openai, anthropic or google'],
      [[{ ...ollama, keyVariable: 'sk-secret' }], 'provider 1, keyVariable: write the name of a variable, such as TOGETHER_API_KEY'],
    ] as const) {
      write(content);
      const problems = problemsOf({ ...servers, PROVIDERS: file });
      expect(problems).toContain(`PROVIDERS: expected a JSON file of providers (docs/ai.md), but ${problem}; it is `);
      expect(problems).not.toContain('sk-secret');
    }
    expect(problemsOf({ ...servers, PROVIDERS: '/nowhere.json' })).toContain('but there is no such file; it is "/nowhere.json".');
  });

  it('takes a server of one’s own, with the name of its model', () => {
    const env = readWorkerEnv({ ...servers, OPENAI_BASE_URL: 'http://localhost:11434/v1', DEFAULT_MODEL: 'openai:llama3:8b' });
    expect(modelSettingsOf(env)).toMatchObject({ openaiBaseUrl: 'http://localhost:11434/v1', defaultModel: 'openai:llama3:8b' });
  });
});
