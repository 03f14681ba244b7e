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

  it('keeps a connection for longer than a test does nothing with it, and says so', async () => {
    await using server = await startModelServer();
    const response = await ask(server);
    await response.text();
    expect(response.headers.get('keep-alive')).toBe('timeout=600');
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

  it('answers a body that is none with 400, in the provider’s shape', async () => {
    await using server = await startModelServer();
    const response = await fetch(`${server.anthropicUrl}/messages`, { method: 'POST', body: '[' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ type: 'error', error: { message: 'The body is no JSON object.' } });
    expect(server.requests).toEqual([]);
  });

  it('keeps each request whole: path, headers, body', async () => {
    await using server = await startModelServer();
    const body = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }], safetySettings: [{ category: 'X' }] };
    await post(`${server.googleUrl}/models/m:generateContent?key=k`, body, { 'x-other': 'yes' });
    expect(server.requests[0]).toMatchObject({
      path: '/v1beta/models/m:generateContent?key=k',
      headers: { 'x-other': 'yes' },
      body,
      stream: false,
    });
  });
});

const tool = { name: 'search', description: 'Searches', parameters: { type: 'object', properties: { words: { type: 'string' } } } };
const call = { call: { name: 'search', arguments: { words: 'tea' }, id: 'c1' } };
const usage = { promptTokens: 30, completionTokens: 4, cachedTokens: 10 };

/** The same conversation with a tool, as each protocol has it, and what is made of an answer that calls the tool. */
const conversations = {
  openai: {
    path: (server: ModelServer) => `${server.url}/chat/completions`,
    streamed: (server: ModelServer) => `${server.url}/chat/completions`,
    body: {
      model: 'm',
      messages: [
        { role: 'user', content: 'find tea' },
        {
          role: 'assistant',
          content: 'Well.',
          tool_calls: [{ id: 'c0', type: 'function', function: { name: 'search', arguments: '{"words":"te"}' } }],
        },
        { role: 'tool', tool_call_id: 'c0', content: 'nothing' },
      ],
      tools: [{ type: 'function', function: tool }],
    },
    whole: {
      object: 'chat.completion',
      choices: [
        {
          message: {
            content: 'Once more.',
            reasoning_content: 'hm',
            tool_calls: [{ id: 'c1', function: { name: 'search', arguments: '{"words":"tea"}' } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 30, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 10 } },
    },
    events: [
      { choices: [{ delta: { tool_calls: [{ index: 0, id: 'c1', function: { name: 'search', arguments: '' } }] } }] },
      { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: '{"words":"tea"}' } }] } }] },
      { choices: [{ finish_reason: 'tool_calls' }] },
    ],
    result: { id: 'c0', name: null },
  },
  anthropic: {
    path: (server: ModelServer) => `${server.anthropicUrl}/messages`,
    streamed: (server: ModelServer) => `${server.anthropicUrl}/messages`,
    body: {
      model: 'm',
      messages: [
        { role: 'user', content: 'find tea' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Well.' },
            { type: 'tool_use', id: 'c0', name: 'search', input: { words: 'te' } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c0', content: 'nothing' }] },
      ],
      tools: [{ name: tool.name, description: tool.description, input_schema: tool.parameters }],
    },
    whole: {
      type: 'message',
      content: [
        { type: 'thinking', thinking: 'hm' },
        { type: 'text', text: 'Once more.' },
        { type: 'tool_use', id: 'c1', name: 'search', input: { words: 'tea' } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 20, cache_read_input_tokens: 10, output_tokens: 4 },
    },
    events: [
      { type: 'content_block_start', content_block: { type: 'tool_use', id: 'c1', name: 'search', input: {} } },
      { type: 'content_block_delta', delta: { type: 'input_json_delta', partial_json: '{"words":"tea"}' } },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' } },
    ],
    result: { id: 'c0', name: null },
  },
  google: {
    path: (server: ModelServer) => `${server.googleUrl}/models/m:generateContent`,
    streamed: (server: ModelServer) => `${server.googleUrl}/models/m:streamGenerateContent?alt=sse`,
    body: {
      contents: [
        { role: 'user', parts: [{ text: 'find tea' }] },
        { role: 'model', parts: [{ text: 'Well.' }, { functionCall: { id: 'c0', name: 'search', args: { words: 'te' } } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'search', response: { content: 'nothing' } } }] },
      ],
      tools: [{ functionDeclarations: [tool] }],
    },
    whole: {
      candidates: [
        {
          content: {
            parts: [
              { text: 'hm', thought: true },
              { text: 'Once ' },
              { text: 'more.' },
              { functionCall: { id: 'c1', name: 'search', args: { words: 'tea' } } },
            ],
          },
          finishReason: 'STOP',
        },
      ],
      usageMetadata: { promptTokenCount: 30, candidatesTokenCount: 4, cachedContentTokenCount: 10 },
    },
    events: [
      { candidates: [{ content: { parts: [{ functionCall: { id: 'c1', name: 'search', args: { words: 'tea' } } }] } }] },
      { candidates: [{ finishReason: 'STOP' }] },
    ],
    result: { id: null, name: 'search' },
  },
} as const;

describe.each(['openai', 'anthropic', 'google'] as const)('tools and whole answers in the form of %s', (protocol) => {
  const { path, streamed, body, whole, events, result } = conversations[protocol];
  const answer = { steps: [{ reasoning: 'hm' }, 'Once ', 'more.', call], usage };

  it('reads tools, calls and results', async () => {
    await using server = await startModelServer();
    await post(path(server), body);
    expect(server.requests[0]).toMatchObject({ protocol, tools: [tool], stream: false });
    const { turns } = server.requests[0]!;
    expect(turns).toMatchObject([
      { role: 'user', text: 'find tea' },
      { role: 'assistant', text: 'Well.', calls: [{ id: 'c0', name: 'search', arguments: { words: 'te' } }] },
      { role: 'tool', resultOf: result },
    ]);
    expect(turns[2]!.text).toContain('nothing');
  });

  it('gives an answer all at once', async () => {
    await using server = await startModelServer();
    server.script(() => answer);
    const response = await post(path(server), body);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject(whole);
    expect(await server.requests[0]!.ended).toBe('sent');
    expect(server.requests[0]!.sent).toBe('Once more.');
  });

  it('streams the call of a tool', async () => {
    await using server = await startModelServer();
    server.script(() => answer);
    const sent = eventsOf((await (await post(streamed(server), { ...body, stream: true })).text()).replace('data: [DONE]\n\n', ''));
    let from = 0;
    for (const event of events) {
      const at = sent.findIndex((candidate, index) => index >= from && matches(candidate, event));
      expect({ event, at: at >= from }).toEqual({ event, at: true });
      from = at + 1;
    }
  });

  it('makes an error on the way the whole answer', async () => {
    await using server = await startModelServer();
    server.script(() => ({ steps: ['half', { error: { message: 'boom', code: 503 } }, 'never'] }));
    const response = await post(path(server), body);
    expect(response.status).toBe(503);
    expect(JSON.stringify(await response.json())).toContain('boom');
    expect(server.requests[0]!.sent).toBe('half');
  });

  it('cuts an answer that is not streamed', async () => {
    await using server = await startModelServer();
    server.script(() => ({ steps: ['half', { cut: true }] }));
    await expect(post(path(server), body)).rejects.toBeInstanceOf(TypeError);
  });
});

describe('lists of models', () => {
  it('are in each provider’s form, and each request for them is kept', async () => {
    await using server = await startModelServer({ models: ['a', 'b:1'] });
    const read = async (url: string, headers: Record<string, string> = {}) => (await fetch(url, { headers })).json();
    expect(await read(`${server.url}/models`, { authorization: 'Bearer k' })).toMatchObject({
      object: 'list',
      data: [{ id: 'a' }, { id: 'b:1' }],
    });
    const anthropic = { 'anthropic-version': '2023-06-01', 'x-api-key': 'k' };
    expect(await read(`${server.anthropicUrl}/models`, anthropic)).toMatchObject({
      data: [{ type: 'model', id: 'a' }, { id: 'b:1' }],
      has_more: false,
    });
    expect(await read(`${server.googleUrl}/models?pageSize=9`, { 'x-goog-api-key': 'k' })).toMatchObject({
      models: [{ name: 'models/a', supportedGenerationMethods: expect.arrayContaining(['generateContent']) }, {}],
    });
    expect(await read(`${server.url}/models/b:1`)).toMatchObject({ id: 'b:1' });
    expect(server.listings.map(({ protocol, key }) => [protocol, key])).toEqual([
      ['openai', 'k'],
      ['anthropic', 'k'],
      ['google', 'k'],
      ['openai', null],
    ]);
    expect(server.listings[2]!.path).toBe('/v1beta/models?pageSize=9');
  });

  it('may be refused, and of a model that is not listed there is none', async () => {
    await using server = await startModelServer();
    expect((await fetch(`${server.url}/models/x`)).status).toBe(404);
    server.listModels({ refuse: 'bad_key' });
    expect((await fetch(`${server.url}/models`)).status).toBe(401);
    server.reset();
    expect((await fetch(`${server.url}/models`)).status).toBe(200);
  });
});

function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body: JSON.stringify(body), headers });
}

/** Whether all that `part` holds is in the value. */
function matches(value: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return value === part;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(part).every(([key, inner]) => matches((value as Record<string, unknown>)[key], inner));
}

function eventsOf(body: string): { type?: string }[] {
  return body
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => JSON.parse(event.slice(event.indexOf('data: ') + 6)) as { type?: string });
}
