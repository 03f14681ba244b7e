import { describe, expect, it } from 'vitest';
import { gate, promptText, startModelServer, words, type ModelServer } from './index.js';

function ask(server: ModelServer, content = 'hello', init: RequestInit = {}): Promise<Response> {
  return fetch(`${server.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
    body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content }] }),
    ...init,
  });
}

interface Chunk {
  choices: { delta: { content?: string; reasoning_content?: string }; finish_reason: string | null }[];
  usage?: { prompt_tokens: number; completion_tokens: number };
}

function chunksOf(body: string): (Chunk | '[DONE]')[] {
  return body
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => (event === 'data: [DONE]' ? '[DONE]' : (JSON.parse(event.slice(6)) as Chunk)));
}

describe('the scripted model server', () => {
  it('streams text, the finish reason, usage and the end, in OpenAI’s form', async () => {
    await using server = await startModelServer();
    server.script(() => ({ steps: [{ reasoning: 'hm' }, ...words('two words')], usage: { promptTokens: 3, completionTokens: 2 } }));
    const response = await ask(server);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const chunks = chunksOf(await response.text());
    expect(chunks.pop()).toBe('[DONE]');
    const parsed = chunks as Chunk[];
    expect(parsed.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('two words');
    expect(parsed.some((chunk) => chunk.choices[0]?.delta.reasoning_content === 'hm')).toBe(true);
    expect(parsed.at(-2)!.choices[0]!.finish_reason).toBe('stop');
    expect(parsed.at(-1)!.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 2 });
  });

  it('records each request', async () => {
    await using server = await startModelServer();
    const second = server.request(1);
    await (await ask(server, 'first')).text();
    await (await ask(server, 'second')).text();
    expect(server.requests.map(promptText)).toEqual(['first', 'second']);
    expect(await second).toMatchObject({ index: 1, protocol: 'openai', model: 'm', key: 'k', body: { model: 'm' } });
    expect(await server.requests[0]!.ended).toBe('sent');
  });

  it('waits at a gate until the test opens it', async () => {
    await using server = await startModelServer();
    const door = gate();
    server.script(() => ({ steps: ['a', { until: door.opened }, 'b'] }));
    const response = await ask(server);
    const request = await server.request(0);
    const reader = response.body!.getReader();
    await reader.read();
    expect(request.sent).toBe('a');
    door.open();
    while (!(await reader.read()).done);
    expect(request.sent).toBe('ab');
  });

  it('answers with a scripted status', async () => {
    await using server = await startModelServer();
    server.script(() => ({ status: 429, error: { message: 'slow down' }, headers: { 'retry-after': '1' } }));
    const response = await ask(server);
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toEqual({ error: { message: 'slow down' } });
  });

  it('cuts the connection in the middle', async () => {
    await using server = await startModelServer();
    server.script(() => ({ steps: ['half', { cut: true }] }));
    const response = await ask(server);
    await expect(response.text()).rejects.toBeInstanceOf(TypeError);
    expect(await server.requests[0]!.ended).toBe('cut');
  });

  it('stalls until the caller goes away', async () => {
    await using server = await startModelServer();
    server.script(() => ({ steps: [{ stall: true }] }));
    const abort = new AbortController();
    await ask(server, 'x', { signal: abort.signal });
    abort.abort();
    expect(await server.requests[0]!.ended).toBe('left');
  });

  it('streams in Anthropic’s form, a block for thinking and one for text', async () => {
    await using server = await startModelServer();
    server.script(() => ({ steps: [{ reasoning: 'hm' }, ...words('two words')], usage: { promptTokens: 3, completionTokens: 2 } }));
    const response = await fetch(`${server.anthropicUrl}/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'k' },
      body: JSON.stringify({
        model: 'm',
        stream: true,
        system: 'rules',
        messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
      }),
    });
    const events = eventsOf(await response.text());
    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'ping',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } });
    expect(server.requests[0]).toMatchObject({
      protocol: 'anthropic',
      model: 'm',
      key: 'k',
      turns: [
        { role: 'system', text: 'rules' },
        { role: 'user', text: 'hi' },
      ],
    });
  });

  it('streams in Google’s form', async () => {
    await using server = await startModelServer();
    server.script(() => ({ steps: words('two words'), finishReason: 'length' }));
    const response = await fetch(`${server.googleUrl}/models/m-1:streamGenerateContent?alt=sse`, {
      method: 'POST',
      headers: { 'x-goog-api-key': 'k' },
      body: JSON.stringify({ contents: [{ role: 'model', parts: [{ text: 'hi' }] }], generationConfig: { temperature: 0.5 } }),
    });
    const events = eventsOf(await response.text()) as { candidates: { content: { parts: { text: string }[] }; finishReason?: string }[] }[];
    expect(events.map(({ candidates }) => candidates[0]!.content.parts[0]!.text).join('')).toBe('two words');
    expect(events.at(-1)!.candidates[0]!.finishReason).toBe('MAX_TOKENS');
    expect(server.requests[0]).toMatchObject({
      protocol: 'google',
      model: 'm-1',
      key: 'k',
      temperature: 0.5,
      turns: [{ role: 'assistant', text: 'hi' }],
    });
  });

  it('refuses in each provider’s own shape', async () => {
    await using server = await startModelServer();
    server.script(() => ({ refuse: 'rate_limit', retryAfterSeconds: 3 }));
    const post = (url: string) => fetch(url, { method: 'POST', body: '{}' });
    const [openai, anthropic, google] = await Promise.all([
      post(`${server.url}/chat/completions`),
      post(`${server.anthropicUrl}/messages`),
      post(`${server.googleUrl}/models/m:streamGenerateContent?alt=sse`),
    ]);
    expect([openai.status, anthropic.status, google.status]).toEqual([429, 429, 429]);
    expect([openai, anthropic].map(({ headers }) => headers.get('retry-after'))).toEqual(['3', '3']);
    expect(await openai.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
    expect(await anthropic.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } });
    expect(await google.json()).toMatchObject({
      error: { code: 429, status: 'RESOURCE_EXHAUSTED', details: [{}, { retryDelay: '3s' }] },
    });
  });
});

function eventsOf(body: string): { type?: string }[] {
  return body
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => JSON.parse(event.slice(event.indexOf('data: ') + 6)) as { type?: string });
}
