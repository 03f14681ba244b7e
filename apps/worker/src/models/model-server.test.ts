import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { startModelServer, type ModelServer } from '@parley/model-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The model server speaks as providers do: their SDKs, which we did not write, understand it. */
describe.each(['openai', 'anthropic', 'google'] as const)('the SDK of %s understands the model server', (protocol) => {
  let server: ModelServer;
  let model: LanguageModelV3;
  beforeAll(async () => {
    server = await startModelServer();
    server.script(() => ({
      steps: ['Let me ', 'look.', { call: { name: 'search', arguments: { words: 'tea' }, id: 'c1' } }],
      usage: { promptTokens: 30, completionTokens: 4, cachedTokens: 10 },
    }));
    model = {
      openai: () => createOpenAI({ apiKey: 'k', baseURL: server.url }).chat('m'),
      anthropic: () => createAnthropic({ apiKey: 'k', baseURL: server.anthropicUrl }).languageModel('m'),
      google: () => createGoogleGenerativeAI({ apiKey: 'k', baseURL: server.googleUrl }).languageModel('m'),
    }[protocol]();
  });
  afterAll(() => server.close());

  const call: LanguageModelV3CallOptions = {
    prompt: [
      { role: 'system', content: 'Be short.' },
      { role: 'user', content: [{ type: 'text', text: 'find tea' }] },
      { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 'c0', toolName: 'search', input: { words: 'te' } }] },
      {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: 'c0', toolName: 'search', output: { type: 'text', value: 'nothing' } }],
      },
    ],
    tools: [
      {
        type: 'function',
        name: 'search',
        description: 'Searches',
        inputSchema: { type: 'object', properties: { words: { type: 'string' } } },
      },
    ],
  };

  it('what it answers at once', async () => {
    const { content, usage, finishReason } = await model.doGenerate(call);
    expect(content.map((part) => (part.type === 'text' ? part.text : '')).join('')).toBe('Let me look.');
    expect(content.find(({ type }) => type === 'tool-call')).toMatchObject({ toolName: 'search', input: '{"words":"tea"}' });
    expect(finishReason.unified).toBe('tool-calls');
    expect(usage).toMatchObject({ inputTokens: { total: 30, cacheRead: 10 }, outputTokens: { total: 4 } });
  });

  it('what it streams', async () => {
    const { stream } = await model.doStream(call);
    const parts: LanguageModelV3StreamPart[] = [];
    for await (const part of stream) parts.push(part);
    expect(parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('')).toBe('Let me look.');
    expect(parts.find(({ type }) => type === 'tool-call')).toMatchObject({ toolName: 'search', input: '{"words":"tea"}' });
    expect(parts.at(-1)).toMatchObject({
      type: 'finish',
      finishReason: { unified: 'tool-calls' },
      usage: { inputTokens: { cacheRead: 10 } },
    });
  });

  it('and is recorded whole', () => {
    const { turns, tools } = server.requests[0]!;
    expect(turns.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool']);
    expect(turns[2]!.calls).toMatchObject([{ name: 'search', arguments: { words: 'te' } }]);
    expect(turns[3]!.text).toContain('nothing');
    expect(tools).toMatchObject([{ name: 'search', description: 'Searches', parameters: { type: 'object' } }]);
    expect(server.requests.map(({ stream }) => stream)).toEqual([false, true]);
  });
});
