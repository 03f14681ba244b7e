import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createModels } from '../providers.js';
import { toReplyFailure } from '../model-errors.js';

interface Gateway extends AsyncDisposable {
  origin: string;
  /** Paths asked for, in order. */
  asked: string[];
}

/** A server that streams an answer in OpenAI's form at one path, and says elsewhere what it says where it has nothing. */
async function startGateway(path: string, elsewhere: { status: number; type: string; body: string }): Promise<Gateway> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    if (request.url === path) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('data: {"choices":[{"delta":{"content":"Nine."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
    } else {
      response.writeHead(elsewhere.status, { 'content-type': elsewhere.type });
      response.end(elsewhere.body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answerOf(name: string, settings: Parameters<typeof createModels>[0], times = 1): Promise<string> {
  const { model } = createModels({ ...settings, defaultModel: name }).resolve(null);
  let text = '';
  for (let time = 0; time < times; time++) {
    const { stream } = await model.doStream({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] });
    for await (const part of stream) if (part.type === 'text-delta') text += part.delta;
  }
  return text;
}

const nothing: [string, { status: number; type: string; body: string }][] = [
  ['plain text', { status: 404, type: 'text/plain', body: '404 page not found' }],
  ['FastAPI’s error', { status: 404, type: 'application/json', body: '{"detail":"Not Found"}' }],
  ['OpenAI’s error', { status: 404, type: 'application/json', body: '{"error":{"message":"Invalid URL (POST /x)"}}' }],
  ['no such method', { status: 405, type: 'application/json', body: '{"detail":"Method Not Allowed"}' }],
  ['a page for people', { status: 200, type: 'text/html; charset=utf-8', body: '<!doctype html><title>Models</title>' }],
];

describe('the address of a server of one’s own', () => {
  it.each(nothing)('is tried with its version, and without, where the other path gives %s', async (_, elsewhere) => {
    const wrong: [string, string, string[]][] = [
      ['/v1/chat/completions', '', ['/v1/chat/completions']],
      ['/v1/chat/completions', '/', ['/v1/chat/completions']],
      ['/chat/completions', '', ['/v1/chat/completions', '/chat/completions']],
      ['/proxy/v1/chat/completions', '/proxy', ['/proxy/chat/completions', '/proxy/v1/chat/completions']],
      ['/proxy/chat/completions', '/proxy/', ['/proxy/chat/completions']],
    ];
    for (const [path, written, asked] of wrong) {
      await using gateway = await startGateway(path, elsewhere);
      expect(await answerOf('openai:m', { openaiBaseUrl: gateway.origin + written }, 2)).toBe('Nine.Nine.');
      // The second call knows the path.
      expect(gateway.asked).toEqual([...asked, path]);
    }
  });

  it.each(nothing)('is named where nothing there speaks to models, only %s', async (_, elsewhere) => {
    await using gateway = await startGateway('/nowhere', elsewhere);
    const address = `${gateway.origin}/api/v3`;
    const settings = { openaiBaseUrl: address, googleBaseUrl: address };
    const messages: string[] = [];
    for (const name of ['openai:m', 'google:m']) {
      const error = await answerOf(name, settings).catch((reason: unknown) => reason);
      const { code, retryable, message } = toReplyFailure(error, false);
      expect({ code, retryable }).toEqual({ code: 'MODEL_UNAVAILABLE', retryable: false });
      messages.push(message);
    }
    expect(messages).toEqual([
      `No model server answers at ${address}/chat/completions. Check OPENAI_BASE_URL on the server.`,
      `No model server answers at ${address}/models/m:streamGenerateContent. Check GOOGLE_GENERATIVE_AI_BASE_URL on the server.`,
    ]);
  });

  it('is not to blame for a model that its server does not know', async () => {
    await using gateway = await startGateway('/nowhere', {
      status: 404,
      type: 'application/json',
      body: '{"error":{"message":"No endpoints found for m."}}',
    });
    const error = await answerOf('openai:m', { openaiBaseUrl: gateway.origin }).catch((reason: unknown) => reason);
    expect(toReplyFailure(error, false)).toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: 'The provider does not know this model. Choose another one for the character.',
      detail: 'AI_APICallError 404: No endpoints found for m.',
    });
    expect(gateway.asked).toEqual(['/v1/chat/completions']);
  });
});
