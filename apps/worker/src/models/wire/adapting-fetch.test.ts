import { describe, expect, it } from 'vitest';
import { startModelServer, type ModelServer } from '@parley/model-server';
import { toReplyFailure } from '../model-errors.js';
import { createModels } from '../providers.js';

/** A server whose models take parameters as OpenAI's newer ones do, unless they are called `old`. */
async function startParticular(): Promise<ModelServer> {
  const server = await startModelServer();
  server.script(({ body, model }) => {
    const refuse = (message: string) => ({ status: 400, error: { message, type: 'invalid_request_error' } });
    if (model === 'old') return 'max_completion_tokens' in body ? refuse('unknown field') : { steps: ['Nine.'] };
    if ('max_tokens' in body) {
      return refuse("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.");
    }
    if ('temperature' in body) return refuse("Unsupported value: 'temperature' does not support 0.5 with this model.");
    return { steps: ['Nine.'] };
  });
  return server;
}

async function ask(models: ReturnType<typeof createModels>, name: string): Promise<string> {
  const { stream } = await models.resolve(name).model.doStream({
    temperature: 0.5,
    prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
  });
  let text = '';
  for await (const part of stream) if (part.type === 'text-delta') text += part.delta;
  return text;
}

describe('a parameter that a model refuses', () => {
  it('is sent in the form that the model takes, and from the second call on at once', async () => {
    await using server = await startParticular();
    const models = createModels({
      openaiBaseUrl: server.url,
      defaultModel: 'openai:old',
      modelsAllowed: ['openai:new'],
      maxOutputTokens: 77,
    });
    expect(await ask(models, 'openai:new')).toBe('Nine.');
    expect(await ask(models, 'openai:new')).toBe('Nine.');
    expect(server.requests.map(({ body }) => [body['max_tokens'], body['max_completion_tokens'], body.temperature])).toEqual([
      [77, undefined, 0.5],
      [undefined, 77, 0.5],
      [undefined, 77, undefined],
      [undefined, 77, undefined],
    ]);
  });

  it('is sent as ever to the other models of the server', async () => {
    await using server = await startParticular();
    const models = createModels({ openaiBaseUrl: server.url, defaultModel: 'openai:old', modelsAllowed: ['openai:new', 'openai:old'] });
    await ask(models, 'openai:new');
    expect(await ask(models, 'openai:old')).toBe('Nine.');
    expect(server.requests.at(-1)!.body).toMatchObject({ max_tokens: 4_096, temperature: 0.5 });
  });

  it('is said as a refusal where nothing helps', async () => {
    await using server = await startModelServer();
    server.script(() => ({ status: 400, error: { message: 'temperature and max_completion_tokens: not supported' } }));
    const error = await ask(createModels({ openaiBaseUrl: server.url, defaultModel: 'openai:m' }), 'openai:m').catch(
      (reason: unknown) => reason,
    );
    expect(toReplyFailure(error, false)).toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: 'The model refused the request (status 400). Choose another model, or tell whoever runs this server.',
    });
    expect(server.requests).toHaveLength(3);
  });
});
