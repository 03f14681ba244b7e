import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createModels } from './providers.js';
import { startModelServer } from '@parley/model-server';
import { ModelError, toReplyFailure } from './model-errors.js';

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
      const models = createModels({ anthropicBaseUrl, googleBaseUrl, modelsAllowed: ['anthropic:m', 'google:m'] });
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
    const models = createModels({ anthropicApiKey: 'a', modelsAllowed: ['anthropic:claude-x'] });
    expect(models.resolve('anthropic:claude-x').model.modelId).toBe('claude-x');
    expect(models.resolve('built-in').name).toBe('built-in:extractive');
  });

  it('lets a character name only what is allowed: the default model, the one named for its provider, and the built-in one', () => {
    const keys = { openaiApiKey: 'o', anthropicApiKey: 'a' };
    const models = createModels({ ...keys, defaultModel: 'anthropic:claude-x' });
    expect(models.allowed.names).toEqual(['anthropic:claude-x', 'anthropic:claude-haiku-5-5']);
    for (const name of [...models.allowed.names, 'built-in', null]) expect(models.resolve(name).name).toBeTruthy();
    for (const name of ['anthropic:claude-dear', 'openai:gpt-5.4-mini', 'anthropic:claude-x2']) {
      expect(() => models.resolve(name)).toThrow(expect.objectContaining({ code: 'MODEL_NOT_ALLOWED', retryable: false }));
    }
    const listed = createModels({ ...keys, modelsAllowed: ['openai:*'], defaultModel: 'anthropic:claude-x' });
    expect(listed.resolve('openai:anything').name).toBe('openai:anything');
    expect(listed.resolve(null).name).toBe('anthropic:claude-x');
    expect(() => listed.resolve('anthropic:claude-x')).toThrow('This character’s model is not one that this server allows.');
  });

  it('serves several providers of one protocol side by side, each with its address and its key', async () => {
    await using ollama = await startModelServer();
    await using together = await startModelServer();
    const models = createModels({
      openaiApiKey: 'sk-openai',
      providers: [
        { name: 'ollama', protocol: 'openai', baseUrl: ollama.origin },
        { name: 'together', protocol: 'openai', baseUrl: together.url, apiKey: 'sk-together' },
        { name: 'claude-gateway', protocol: 'anthropic', baseUrl: together.anthropicUrl, apiKey: 'sk-gateway' },
      ],
      modelsAllowed: ['ollama:*', 'together:m', 'claude-gateway:c'],
    });
    expect(models.defaultName).toBe('openai:gpt-5.4-mini');
    expect(models.secrets).toEqual(['sk-openai', 'sk-together', 'sk-gateway']);
    for (const name of ['ollama:llama3:8b', 'together:m', 'claude-gateway:c']) {
      const call = { prompt: [{ role: 'user' as const, content: [{ type: 'text' as const, text: name }] }] };
      const { stream } = await models.resolve(name).model.doStream(call);
      await stream.cancel();
    }
    expect(ollama.requests.map(({ model, key }) => [model, key])).toEqual([['llama3:8b', null]]);
    expect(together.requests.map(({ protocol, model, key }) => [protocol, model, key])).toEqual([
      ['openai', 'm', 'sk-together'],
      ['anthropic', 'c', 'sk-gateway'],
    ]);
    expect(() => models.resolve('together:other')).toThrow(expect.objectContaining({ code: 'MODEL_NOT_ALLOWED' }));
    expect(() => models.resolve('nobody:x')).toThrow('with one of: openai, anthropic, google, ollama, together, claude-gateway, built-in.');
  });

  it('knows which models stand in for one: in the operator’s order, itself and those without a key left out', () => {
    const models = createModels({
      openaiApiKey: 'o',
      anthropicApiKey: 'a',
      fallbacks: ['openai:b', 'google:c', 'anthropic:d', 'built-in', 'openai:b'],
    });
    const namesFor = (name: string | null) => models.fallbacksOf(models.resolve(name)).map((resolved) => resolved.name);
    expect(namesFor(null)).toEqual(['openai:b', 'anthropic:d', 'built-in:extractive']);
    expect(namesFor('built-in')).toEqual(['openai:b', 'anthropic:d']);
    expect(models.fallbacksOf({ name: 'openai:b' }).map(({ name }) => name)).toEqual(['anthropic:d', 'built-in:extractive']);
    expect(createModels({ openaiApiKey: 'o' }).fallbacksOf({ name: 'openai:b' })).toEqual([]);
  });

  it('takes no path for a model, and puts none into an address', async () => {
    await using server = await startModelServer();
    const models = createModels({ googleBaseUrl: server.googleUrl, modelsAllowed: ['google:*'] });
    for (const name of [
      'google:../../../admin/x',
      'google:a/../../b',
      'google:..',
      'google:a//b',
      'google:a%2f..',
      'google:a?b',
      'google:a b',
    ]) {
      expect(() => models.resolve(name)).toThrow(expect.objectContaining({ code: 'MODEL_NOT_CONFIGURED' }));
    }
    const asked: string[] = [];
    server.script(({ model }) => {
      asked.push(model);
      return { steps: ['Nine.'] };
    });
    const call = { prompt: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }] };
    for (const name of ['gemini-x', 'models/gemini-x', 'gemini-x:countTokens']) {
      const { stream } = await models.resolve(`google:${name}`).model.doStream(call);
      await stream.cancel();
    }
    expect(asked).toEqual(['gemini-x', 'gemini-x', 'gemini-x:countTokens']);
    // A slash makes no other path of it; this server decodes the path before it says that it has none.
    const refused = await Promise.resolve(models.resolve('google:files/x').model.doStream(call)).catch((error: unknown) => String(error));
    expect(refused).toContain('/v1beta/models/files/x:streamGenerateContent');
  });

  it.each(['openai', 'anthropic', 'google'] as const)('asks %s for no more than the most that a call may give', async (protocol) => {
    await using server = await startModelServer();
    const urls = { openaiBaseUrl: server.url, anthropicBaseUrl: server.anthropicUrl, googleBaseUrl: server.googleUrl };
    const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }];
    for (const [maxOutputTokens, options] of [
      [undefined, {}],
      [100, {}],
      [100, { maxOutputTokens: 5_000 }],
      [100, { maxOutputTokens: 7 }],
    ] as const) {
      const { model } = createModels({ ...urls, maxOutputTokens, defaultModel: `${protocol}:scripted` }).resolve(null);
      const { stream } = await model.doStream({ prompt, ...options });
      await stream.cancel();
    }
    expect(server.requests.map(({ maxTokens }) => maxTokens)).toEqual([4_096, 100, 100, 7]);
  });

  it.each([
    ['openai:gpt-x', 'No key is set for “openai”. Set OPENAI_API_KEY or OPENAI_BASE_URL on the server.'],
    ['anthropic:claude-x', 'No key is set for “anthropic”. Set ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL on the server.'],
    ['google:gemini-x', 'No key is set for “google”. Set GOOGLE_GENERATIVE_AI_API_KEY or GOOGLE_GENERATIVE_AI_BASE_URL on the server.'],
  ])('tells the room of %s whom to ask, and only the log which variable to set', (name, cause) => {
    const error = (() => {
      try {
        return createModels({}).resolve(name);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: 'MODEL_NOT_CONFIGURED', retryable: false, cause: { message: cause } });
    const { message, detail } = toReplyFailure(error, false);
    expect(message).toMatch(/^No key is set for “\w+”\. Ask whoever runs this server\.$/);
    expect(detail).toContain(cause);
  });

  it.each([
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
