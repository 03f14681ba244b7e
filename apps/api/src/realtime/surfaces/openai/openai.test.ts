import { randomUUID } from 'node:crypto';
import { channels, keyScopes, type CompletionEvent } from '@parley/contracts';
import type { ClaimedCompletion, CompletionResult } from '@parley/core/completions/completion';
import { completionJobs } from '@parley/core/completions/completion-sink';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Collected } from '../../../../../../tests/e2e/harness/collected.js';
import { completionEvents } from '../../../models/completion-events.js';
import { createTestApi, type TestApi, type TestUser } from '../../../testing/test-api.js';

/** OpenAI’s protocol without its client, and with a worker that these tests play. */

const usage = { inputTokens: 40, outputTokens: 6 };
const whole = (text: string): CompletionResult => ({ text, end: { type: 'end', reason: 'stop', usage } });

describe('/v1', () => {
  let world: TestApi;
  let olga: TestUser;
  beforeAll(async () => {
    world = await createTestApi({ LIMIT_AI_PER_MIN: '1000' });
    olga = await world.register('olga');
    await olga.http.characters.create.mutate({ handle: 'pirate', name: 'Pirate', systemPrompt: 'Speak like a pirate.' });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const send = (
    method: string,
    path: string,
    body?: unknown,
    { token = olga.accessToken, type = 'application/json', signal }: { token?: string; type?: string; signal?: AbortSignal } = {},
  ) =>
    fetch(`${world.api.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  const ask = (fields: object = {}, options: { token?: string; signal?: AbortSignal } = {}) =>
    send('POST', '/v1/chat/completions', { model: 'pirate', messages: [{ role: 'user', content: 'Where to?' }], ...fields }, options);
  const json = async (response: Response) => ({
    status: response.status,
    body: (await response.json()) as { error?: { message: string; code: string | null } },
  });

  /** Claims the next call, as a worker does. */
  async function claimed(): Promise<ClaimedCompletion> {
    for (;;) {
      const claim = await completionJobs.sweep(world.core, { id: 'worker', leaseMs: 60_000 });
      if (claim) return claim;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const say = ({ id, attempt }: ClaimedCompletion, offset: number, text: string) =>
    world.bus.publish(channels.completion(id), { deltas: [{ messageId: id, attempt, offset, text }] });
  const end = (claim: ClaimedCompletion, result: CompletionResult) => completionJobs.end(world.core, claim, { usage, result });
  const blocks = async (response: Response) =>
    (await response.text())
      .split('\n\n')
      .filter((block) => block.startsWith('data: '))
      .map((block) => block.slice(6));

  test('who shows no good key is told of that first, whatever the request says', async () => {
    for (const body of [
      '{}',
      '{bad',
      { model: 'pirate', messages: 'hi' },
      { model: 'nobody', messages: [{ role: 'user', content: 'hi' }] },
    ])
      expect(await json(await send('POST', '/v1/chat/completions', body, { token: 'parley_wrong' }))).toMatchObject({
        status: 401,
        body: { error: { code: 'invalid_api_key' } },
      });
    expect(await json(await send('POST', '/v1/chat/completions', '{bad'))).toMatchObject({ status: 400, body: { error: { code: null } } });
  });

  test('a whole answer, with what the caller gave translated', async () => {
    const answer = ask({
      messages: [
        { role: 'developer', content: 'Be short.' },
        {
          role: 'user',
          name: 'ignored',
          content: [
            { type: 'text', text: 'Where ' },
            { type: 'text', text: 'to?' },
          ],
        },
        { role: 'assistant', content: null },
      ],
      stop: 'END',
      max_tokens: 5,
      temperature: 0,
      seed: 7,
      tools: [],
      user: 'someone',
    });
    const claim = await claimed();
    expect(claim.request).toEqual({
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'Where to?' },
        { role: 'assistant', content: '' },
      ],
      temperature: 0,
      maxTokens: 5,
      stop: ['END'],
    });
    await end(claim, whole('North.'));
    const response = await answer;
    expect(response.headers.get('ratelimit')).toContain('"ai"');
    expect(await json(response)).toEqual({
      status: 200,
      body: {
        id: `chatcmpl-${claim.id}`,
        object: 'chat.completion',
        created: expect.any(Number) as number,
        model: 'pirate',
        choices: [{ index: 0, message: { role: 'assistant', content: 'North.', refusal: null }, logprobs: null, finish_reason: 'stop' }],
        usage: { prompt_tokens: 40, completion_tokens: 6, total_tokens: 46 },
      },
    });
  });

  test('a stream: what the bus lost comes with the end', async () => {
    const answer = ask({ stream: true, stream_options: { include_usage: true } });
    const claim = await claimed();
    say(claim, 0, 'North');
    say(claim, 9, 'lost before this');
    const response = await answer;
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    await end(claim, whole('North by west.'));
    const data = await blocks(response);
    expect(data.at(-1)).toBe('[DONE]');
    const chunks = data
      .slice(0, -1)
      .map((each) => JSON.parse(each) as { choices: { delta: { content?: string }; finish_reason: string | null }[]; usage: unknown });
    expect(chunks.map(({ choices }) => choices[0]?.delta.content)).toEqual(['', 'North', ' by west.', undefined, undefined]);
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, null, null, 'stop', undefined]);
    expect(chunks.map((chunk) => chunk.usage)).toEqual([
      null,
      null,
      null,
      null,
      { prompt_tokens: 40, completion_tokens: 6, total_tokens: 46 },
    ]);
  });

  test('an attempt that begins anew with other words ends a stream with an error, and no other answer', async () => {
    const [streamed, unstreamed] = [ask({ stream: true }), ask()];
    for (const claim of [await claimed(), await claimed()]) say(claim, 0, 'North');
    const response = await streamed;
    for (const { id } of await world.database.db.job.findMany({ where: { kind: 'completion' } })) {
      await world.database.db.job.update({ where: { id }, data: { leaseUntil: new Date(0) } });
    }
    for (const claim of [await claimed(), await claimed()]) await end(claim, whole('South.'));
    const data = await blocks(response);
    expect(JSON.parse(data.at(-1)!)).toMatchObject({ error: { code: 'model_cut', type: 'server_error' } });
    expect(await json(await unstreamed)).toMatchObject({ status: 200, body: { choices: [{ message: { content: 'South.' } }] } });
  });

  test.each([
    ['AI_BUDGET_EXCEEDED', 429, 'insufficient_quota', 'insufficient_quota'],
    ['MODEL_RATE_LIMITED', 429, 'requests', 'rate_limit_exceeded'],
    ['CONTEXT_TOO_LONG', 400, 'invalid_request_error', 'context_length_exceeded'],
    ['CHARACTER_GONE', 404, 'invalid_request_error', 'model_not_found'],
    ['MODEL_UNAVAILABLE', 502, 'server_error', 'model_unavailable'],
    ['MODEL_TIMEOUT', 504, 'server_error', 'model_timeout'],
    ['INTERNAL', 500, 'server_error', 'internal'],
  ])('a call that failed by %s is answered with %i', async (code, status, type, name) => {
    const answer = ask({ stream: true });
    await end(await claimed(), { text: '', end: { type: 'failed', code, message: 'Why.' } });
    const response = await answer;
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await json(response)).toMatchObject({ status, body: { error: { message: 'Why.', type, code: name } } });
  });

  test('a caller who goes has the call stopped', async () => {
    const gone = new AbortController();
    const answer = ask({ stream: true }, { signal: gone.signal });
    const claim = await claimed();
    say(claim, 0, 'North');
    await answer;
    const stops: unknown[] = [];
    await world.bus.subscribe(channels.replyStop(claim.id), (stop) => void stops.push(stop));
    gone.abort();
    await expect.poll(() => stops).toEqual([{ attempt: 1, stoppedBy: olga.id }]);
    await end(claim, whole('North.'));
    await completionJobs.end(world.core, claim, { usage, result: whole('again') });
  });

  test('a session that ends ends the call', async () => {
    const { id, key } = await olga.http.keys.create.mutate({ name: 'short', scopes: ['characters:use'] });
    const answer = ask({}, { token: key });
    const claim = await claimed();
    await olga.http.keys.revoke.mutate({ keyId: id });
    expect(await json(await answer)).toMatchObject({ status: 401, body: { error: { code: 'invalid_api_key' } } });
    await end(claim, whole('late'));
  });

  test('a call that no worker takes, and one that all are too busy for', async () => {
    const services = { core: world.core, calls: { run: <T>(work: () => Promise<T>) => work() } } as unknown as Parameters<
      typeof completionEvents
    >[0];
    const actor = {
      userId: olga.id,
      sessionId: JSON.parse(Buffer.from(olga.accessToken.split('.')[1]!, 'base64url').toString()).sid as string,
      username: 'olga',
      role: 'user',
      expiresAt: Infinity,
    } as const;
    const input = { model: 'pirate', messages: [{ role: 'user' as const, content: 'Where to?' }], stop: [], stream: true };
    const read = async (patience: { lookMs: number; maxWaitMs: number }) => {
      const events: CompletionEvent[] = [];
      for await (const event of completionEvents(services, actor, input, undefined, patience)) events.push(event);
      return events;
    };
    await world.database.db.job.deleteMany({ where: { kind: 'completion' } });
    await expect(read({ lookMs: 5, maxWaitMs: 60_000 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('No worker') as string,
    });
    const other = ask();
    const claim = await claimed();
    await expect(read({ lookMs: 5, maxWaitMs: 50 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('busy') as string,
    });
    await end(claim, whole('North.'));
    await other;
    // What was given up is gone.
    await expect.poll(() => world.database.db.job.count({ where: { kind: 'completion' } })).toBe(0);
  });

  test('its limit and its refusals are those of the table, in OpenAI’s shape', async () => {
    await using strict = await createTestApi({ LIMIT_AI_PER_MIN: '1' });
    const sam = await strict.register('sam');
    const call = () =>
      fetch(`${strict.api.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${sam.accessToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'nobody', messages: [{ role: 'user', content: 'x' }] }),
      });
    expect(await json(await call())).toMatchObject({ status: 404, body: { error: { code: 'model_not_found', param: 'model' } } });
    const refused = await call();
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await json(refused)).toMatchObject({ status: 429, body: { error: { type: 'requests', code: 'rate_limit_exceeded' } } });
  });

  test('models are characters', async () => {
    const { body } = await json(await send('GET', '/v1/models'));
    expect(body).toMatchObject({
      object: 'list',
      data: expect.arrayContaining([expect.objectContaining({ id: 'pirate', object: 'model' })]) as unknown,
    });
    expect(await json(await send('GET', '/v1/models/pirate'))).toMatchObject({ status: 200, body: { id: 'pirate' } });
    expect(await json(await send('GET', `/v1/models/${'%00'}x`))).toMatchObject({ body: { error: { type: 'invalid_request_error' } } });
    for (const path of ['/v1/models', '/v1/models/pirate'])
      expect(await json(await send('GET', path, undefined, { token: 'none' }))).toMatchObject({
        status: 401,
        body: { error: { code: 'invalid_api_key' } },
      });
  });

  test('no address takes a key without the scope, or one that was revoked', async () => {
    const scopes = keyScopes.filter((scope) => scope !== 'characters:use');
    const { key } = await olga.http.keys.create.mutate({ name: 'others', scopes });
    const revoked = await olga.http.keys.create.mutate({ name: 'revoked', scopes: ['characters:use'] });
    await olga.http.keys.revoke.mutate({ keyId: revoked.id });
    const calls = [
      (token: string) => ask({}, { token }),
      (token: string) => send('GET', '/v1/models', undefined, { token }),
      (token: string) => send('GET', '/v1/models/pirate', undefined, { token }),
    ];
    for (const call of calls) {
      expect(await json(await call(key))).toMatchObject({ status: 403, body: { error: { type: 'permission_error', code: 'forbidden' } } });
      expect(await json(await call(revoked.key))).toMatchObject({ status: 401, body: { error: { code: 'invalid_api_key' } } });
    }
  });

  test('what is none of its addresses is told so, with those that are', async () => {
    expect(await json(await send('POST', '/v1/embeddings', {}))).toMatchObject({
      status: 404,
      body: { error: { message: expect.stringContaining('/v1/chat/completions') as string } },
    });
    const response = await send('GET', '/v1/chat/completions');
    expect(response.headers.get('allow')).toBe('POST, OPTIONS');
    expect(response.status).toBe(405);
  });

  test.each([
    [{ n: 2 }, 'n'],
    [{ response_format: { type: 'json_object' } }, 'response_format'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ modalities: ['text', 'audio'] }, 'modalities'],
    [{ logprobs: true }, 'logprobs'],
    [{ temperature: 3 }, 'temperature'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    [{ stop: ['1', '2', '3', '4', '5'] }, 'stop'],
    [{ stop: '' }, 'stop[0]'],
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: null }] }, 'messages[0].content'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] }] },
      'messages[0].content[0]',
    ],
    [{ messages: [{ role: 'user', content: '\0' }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: '\ud800' }] }, 'messages[0].content'],
    [{ stream: 'yes' }, 'stream'],
    [{ model: undefined }, 'model'],
  ])('refuses %j by the name of its field', async (fields, param) => {
    const answer = await json(await ask(fields));
    expect(answer).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error', param } } });
    expect(answer.body.error!.message).toMatch(/^.{10,300}\.$/);
  });

  test('says an image is one', async () => {
    const answer = await json(await ask({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] }));
    expect(answer.body.error!.message).toBe('messages[0].content[0]: characters read text only, no images.');
  });

  test('answers whatever it is sent, and never with 500', async () => {
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record({ model: fc.anything(), messages: fc.array(fc.record({ role: fc.anything(), content: fc.anything() }), { maxLength: 2 }) })
        .map((value) => JSON.stringify(value) ?? ''),
    );
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom('application/json', 'text/plain'), async (text, type) => {
        const { status, body: answer } = await json(
          await send('POST', '/v1/chat/completions', text, { token: type === 'text/plain' ? 'none' : olga.accessToken, type }),
        );
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
        expect(answer.error).toMatchObject({ message: expect.any(String) as string, type: expect.any(String) as string });
      }),
      { numRuns: 60 },
    );
    expect((await send('POST', '/v1/chat/completions', `{"a":${'['.repeat(100)}${']'.repeat(100)}}`)).status).toBe(400);
    expect(await json(await send('POST', '/v1/chat/completions', ' '.repeat(3_000_000)))).toMatchObject({
      status: 413,
      body: { error: { type: 'invalid_request_error' } },
    });
  });

  test('programs that speak tRPC call characters too', async () => {
    const events = new Collected<CompletionEvent>();
    const client = world.socket(olga.accessToken);
    client.trpc.models.complete.subscribe(
      { model: 'pirate', messages: [{ role: 'user', content: randomUUID() }] },
      { onData: (event) => events.push(event) },
    );
    await end(await claimed(), whole('North.'));
    await events.until((items) => items.some(({ type }) => type === 'end'));
    expect(events.items).toMatchObject([
      { type: 'begun', model: 'pirate' },
      { type: 'text', text: 'North.' },
      { type: 'end', reason: 'stop', usage },
    ]);
  });
});
