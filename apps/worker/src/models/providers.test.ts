import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createModels, splitModelName } from './providers.js';
import { ModelError } from './model-errors.js';

describe('createModels', () => {
  it('answers with the built-in model when nothing is set', () => {
    const models = createModels({});
    expect(models.defaultName).toBe('built-in:extractive');
    expect(models.resolve(null)).toMatchObject({ name: 'built-in:extractive', model: { provider: 'built-in' } });
  });

  it('takes the first provider that has a key', () => {
    expect(createModels({ googleApiKey: 'g', anthropicApiKey: 'a' }).defaultName).toMatch(/^anthropic:/);
    expect(createModels({ googleApiKey: 'g' }).resolve(null).model.provider).toMatch(/google/);
    expect(createModels({ openaiApiKey: 'o', anthropicApiKey: 'a' }).resolve(null).name).toMatch(/^openai:/);
  });

  it('takes the model it is told to, with colons in its id', () => {
    const models = createModels({ openaiBaseUrl: 'http://localhost:1/v1/', defaultModel: 'openai:llama3:8b' });
    expect(models.resolve(null)).toMatchObject({ name: 'openai:llama3:8b', model: { modelId: 'llama3:8b' } });
    expect(createModels({ openaiApiKey: 'o', defaultModel: 'built-in' }).resolve(null).name).toBe('built-in:extractive');
  });

  it('adds the version to the address of a gateway that is written without', async () => {
    const asked: string[] = [];
    const gateway = createServer((request, response) => {
      asked.push(request.url!);
      response.writeHead(500).end();
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    for (const [anthropicBaseUrl, googleBaseUrl] of [
      [origin, `${origin}/`],
      [`${origin}/v1/`, `${origin}/proxy/v1beta`],
    ] as const) {
      const models = createModels({ anthropicBaseUrl, googleBaseUrl });
      for (const name of ['anthropic:m', 'google:m']) {
        const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }];
        await Promise.resolve(models.resolve(name).model.doStream({ prompt })).catch(() => {});
      }
    }
    gateway.close();
    expect(asked).toEqual([
      '/v1/messages',
      '/v1beta/models/m:streamGenerateContent?alt=sse',
      '/v1/messages',
      '/proxy/v1beta/models/m:streamGenerateContent?alt=sse',
    ]);
  });

  it('lets a character have a model of its own', () => {
    const models = createModels({ anthropicApiKey: 'a' });
    expect(models.resolve('anthropic:claude-x').model.modelId).toBe('claude-x');
    expect(models.resolve('built-in').name).toBe('built-in:extractive');
  });

  it.each([
    ['openai:gpt-x', /OPENAI_API_KEY or OPENAI_BASE_URL/],
    ['anthropic:claude-x', /ANTHROPIC_API_KEY/],
    ['google:gemini-x', /GOOGLE_GENERATIVE_AI_API_KEY/],
    ['nobody:x', /names no model/],
    ['openai', /names no model/],
    ['toString:x', /names no model/],
  ])('says what is missing for %s', (name, message) => {
    const resolve = (): unknown => createModels({}).resolve(name);
    expect(resolve).toThrow(ModelError);
    expect(resolve).toThrow(message);
    expect(resolve).toThrow(expect.objectContaining({ code: 'MODEL_NOT_CONFIGURED', retryable: false }));
  });
});

describe('splitModelName', () => {
  it('ends the provider at the first colon', () => {
    expect(splitModelName('a:b:c')).toEqual({ provider: 'a', modelId: 'b:c' });
    expect(splitModelName('a')).toEqual({ provider: 'a', modelId: '' });
  });
});
