import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { IncomingWebhook } from '@slack/webhook';
import OpenAI from 'openai';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCluster, type Cluster } from './harness/cluster.js';
import { Collected } from './harness/collected.js';
import { register, type Person } from './harness/person.js';
import { gate, words, type ModelStep } from '@parley/model-server';

/** Client libraries that are none of ours, on real processes: two APIs and a worker. */

let cluster: Cluster;
let olga: Person;

beforeAll(async () => {
  cluster = await startCluster({
    apis: 2,
    workers: 1,
    variables: {
      REPLY_SWEEP_MS: '200',
      REPLY_LEASE_MS: '2000',
      REPLY_RETRY_DELAY_MS: '10',
      LIMIT_AI_PER_MIN: '1000',
      WEBHOOK_ALLOW_PRIVATE: '127.0.0.1/32',
    },
  });
  olga = await register(cluster.apis[0]!.url, 'olga');
  await olga.http.characters.create.mutate({
    handle: 'pirate',
    name: 'Pirate',
    systemPrompt: 'You speak like a pirate.',
    temperature: 0.3,
  });
});
afterAll(async () => {
  await olga?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

describe('OpenAI’s own client', () => {
  let key: string;
  const client = (api = 0, apiKey = key) => new OpenAI({ baseURL: `${cluster.apis[api]!.url}/v1`, apiKey, maxRetries: 0 });
  const ask = { model: 'pirate', messages: [{ role: 'user' as const, content: 'Where is the treasure?' }] };
  const answer = (...steps: ModelStep[]) => cluster.model.script(() => ({ steps, usage: { promptTokens: 40, completionTokens: 6 } }));

  beforeAll(async () => {
    ({ key } = await olga.http.keys.create.mutate({ name: 'models', scopes: ['characters:use'] }));
  });

  test('lists characters as models', async () => {
    const models = [];
    for await (const model of client().models.list()) models.push(model);
    expect(models).toContainEqual({ id: 'pirate', object: 'model', created: expect.any(Number) as number, owned_by: 'parley' });
    expect(await client(1).models.retrieve('pirate')).toMatchObject({ id: 'pirate' });
    await expect(client().models.retrieve('nobody')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  test('gets a whole answer: the character’s instructions stand first, then the caller’s messages', async () => {
    answer(...words('Below the old palm, matey.'));
    const completion = await client().chat.completions.create({
      ...ask,
      messages: [{ role: 'developer', content: 'Be short.' }, ...ask.messages],
      max_completion_tokens: 50,
    });
    expect(completion).toMatchObject({
      object: 'chat.completion',
      model: 'pirate',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Below the old palm, matey.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 40, completion_tokens: 6, total_tokens: 46 },
    });
    const sent = cluster.model.requests.at(-1)!;
    expect(sent).toMatchObject({ temperature: 0.3, maxTokens: 50 });
    expect(sent.turns).toEqual([
      { role: 'system', text: 'Your name is Pirate.\nYou speak like a pirate.\n\nBe short.' },
      { role: 'user', text: 'Where is the treasure?' },
    ]);
  });

  test('streams an answer as it is written', async () => {
    const door = gate();
    cluster.model.script(() => ({
      steps: (async function* () {
        yield 'Below';
        yield { until: door.opened };
        yield* words(' the old palm.');
      })(),
      usage: { promptTokens: 40, completionTokens: 6 },
    }));
    const stream = await client(1).chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } });
    let text = '';
    const reasons = [];
    let usage;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      // The first words come while the model still waits.
      if (text === 'Below') door.open();
      if (chunk.choices[0]?.finish_reason) reasons.push(chunk.choices[0].finish_reason);
      usage = chunk.usage ?? usage;
    }
    expect({ text, reasons, usage }).toEqual({
      text: 'Below the old palm.',
      reasons: ['stop'],
      usage: { prompt_tokens: 40, completion_tokens: 6, total_tokens: 46 },
    });
  });

  test('cuts before a stop, also one that is split over chunks', async () => {
    answer('One, tw', 'o, thr', 'ee, four');
    const whole = await client().chat.completions.create({ ...ask, stop: ['four', 'three'] });
    expect(whole.choices[0]).toMatchObject({ message: { content: 'One, two, ' }, finish_reason: 'stop' });
  });

  test('ends a call in the middle, and the model is asked no more', async () => {
    answer('Once', { stall: true });
    const calls = cluster.model.requests.length;
    const stream = await client().chat.completions.create({ ...ask, stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    expect(await cluster.model.requests[calls]!.ended).toBe('left');
    await expect.poll(() => cluster.servers.database.db.job.count({ where: { kind: 'completion', state: 'streaming' } })).toBe(0);
  });

  test('is told what is wrong in its own words', async () => {
    await expect(client(0, 'parley_wrong').chat.completions.create(ask)).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
    await expect(client().chat.completions.create({ ...ask, model: 'nobody' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
    });
    await expect(client().chat.completions.create({ ...ask, n: 2 })).rejects.toMatchObject({ status: 400, param: 'n' });
    cluster.model.script(() => ({ refuse: 'context_too_long' }));
    await expect(client().chat.completions.create(ask)).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' });
    const other = await olga.http.keys.create.mutate({ name: 'rooms only', scopes: ['rooms:read'] });
    await expect(client(0, other.key).chat.completions.create(ask)).rejects.toMatchObject({ status: 403 });
    answer('Half an ans', { cut: true });
    const stream = await client().chat.completions.create({ ...ask, stream: true });
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toMatchObject({ code: 'model_cut' });
  });

  test('leaves nothing of what was said in the table of jobs', async () => {
    answer('A secret answer.');
    await client().chat.completions.create({ ...ask, messages: [{ role: 'user', content: 'a secret question' }] });
    const jobs = await cluster.servers.database.db.job.findMany({ where: { kind: 'completion' } });
    expect(JSON.stringify(jobs, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value))).not.toContain('secret');
  });
});

describe('MCP’s own client', () => {
  const connect = async (api: number, apiKey: string) => {
    const client = new Client({ name: 'test', version: '1' });
    const requestInit = { headers: { authorization: `Bearer ${apiKey}` } };
    const transport = new StreamableHTTPClientTransport(new URL(`${cluster.apis[api]!.url}/mcp`), { requestInit });
    // The library's types are not written for exactOptionalPropertyTypes.
    await client.connect(transport as Parameters<Client['connect']>[0]);
    return client;
  };
  const jsonOf = (result: Awaited<ReturnType<Client['callTool']>>) =>
    JSON.parse((result.content as { text: string }[])[0]!.text) as Record<string, unknown>;

  test('uses rooms by whichever API answers, and waits for what a character says there', async () => {
    const { key } = await olga.http.keys.create.mutate({
      name: 'tools',
      scopes: ['rooms:read', 'rooms:write', 'messages:read', 'messages:write', 'characters:read'],
    });
    const [here, there] = [await connect(0, key), await connect(1, key)];
    expect((await here.listTools()).tools.map(({ name }) => name)).toContain('ask_character');
    const { id: roomId } = jsonOf(await here.callTool({ name: 'create_room', arguments: { name: 'Harbour' } }));
    await there.callTool({ name: 'send_message', arguments: { roomId, content: 'The ship sails on Friday.' } });
    const door = gate();
    cluster.model.script(() => ({
      steps: (async function* () {
        yield 'On ';
        yield { until: door.opened };
        yield 'Friday.';
      })(),
      usage: { promptTokens: 40, completionTokens: 6 },
    }));
    const told: (string | undefined)[] = [];
    const asked = await there.callTool(
      { name: 'ask_character', arguments: { roomId, character: 'ada', question: 'When does it sail?' } },
      undefined,
      {
        onprogress: ({ message }) => {
          told.push(message);
          // The model goes on once the caller was told that it is at work.
          door.open();
        },
      },
    );
    expect(jsonOf(asked)).toMatchObject({ content: 'On Friday.', status: 'complete', author: { handle: 'ada' } });
    expect(told[0]).toBe('waiting for a worker');
    const { contents } = await here.readResource({ uri: `parley://rooms/${roomId as string}` });
    expect((contents[0] as { text: string }).text).toContain('On Friday.');
    await Promise.all([here.close(), there.close()]);
  });
});

describe('webhooks, by libraries that are none of ours', () => {
  interface Delivery {
    id: string;
    body: string;
    headers: Record<string, string>;
  }
  interface Told {
    type: string;
    data: { message: { content: string } };
  }

  test('what is said comes signed and in order, also where the worker dies in the middle of it', async () => {
    const got = new Collected<Delivery>();
    const held: ServerResponse[] = [];
    const receiver = createServer((request, response) => {
      void readText(request).then((body) => {
        const headers = request.headers as Record<string, string>;
        // The first gets no answer: its worker is killed meanwhile.
        if (got.items.length === 0) held.push(response);
        else response.end();
        got.push({ id: headers['webhook-id']!, body, headers });
      });
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const { id: roomId } = await olga.http.rooms.create.mutate({ name: 'Quay' });
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/parley`;
    const { id: webhookId, secret } = await olga.http.webhooks.create.mutate({ roomId, url, events: ['message.created'] });
    const { key } = await olga.http.keys.create.mutate({ name: 'talks', scopes: ['messages:write'] });
    const say = async (content: string) => {
      const said = await fetch(`${cluster.apis[1]!.url}/api/rooms/${roomId}/messages`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
        body: JSON.stringify({ content }),
      });
      expect(said.status).toBe(201);
    };
    await say('one');
    await got.until((items) => items.length === 1);
    await say('two');
    cluster.workers.at(-1)!.signal('SIGKILL');
    held[0]!.destroy();
    await cluster.startWorker();
    await say('three');
    await got.until((items) => items.length >= 4);

    const verified = got.items.map(({ body, headers }) => new Webhook(secret).verify(body, headers) as Told);
    expect(verified.map(({ type, data }) => [type, data.message.content])).toEqual(
      ['one', 'one', 'two', 'three'].map((content) => ['message.created', content]),
    );
    const [first, again, ...others] = got.items.map(({ id }) => id);
    expect(again).toBe(first);
    expect(new Set([first, ...others]).size).toBe(3);
    expect(() => new Webhook(secret).verify(got.items[0]!.body.replace('one', 'won'), got.items[0]!.headers)).toThrow();
    await expect
      .poll(async () => (await olga.http.webhooks.deliveries.query({ webhookId })).map(({ status }) => status))
      .toEqual(['delivered', 'delivered', 'delivered']);
    receiver.closeAllConnections();
    receiver.close();
  });

  test('what Slack’s own sender sends is said by the hook’s bot, whichever API it reaches', async () => {
    const { id: roomId } = await olga.http.rooms.create.mutate({ name: 'Builds' });
    const { url } = await olga.http.hooks.create.mutate({ roomId, name: 'Builder' });
    await new IncomingWebhook(`${cluster.apis[1]!.url}${url}`).send({
      text: 'Build <https://builds.example.org/12|#12> is *green*',
      attachments: [{ title: 'main', text: 'All 40 tests passed', fields: [{ title: 'Took', value: '2 min' }] }],
    });
    const { items } = await olga.http.messages.list.query({ roomId });
    const said = items.filter(({ kind }) => kind === 'text');
    expect(said).toHaveLength(1);
    expect(said[0]!.author).toMatchObject({ type: 'user', name: 'Builder', avatar: { glyph: 'bot' } });
    for (const part of ['Build [#12](<https://builds.example.org/12>) is **green**', 'main', 'All 40 tests passed', 'Took', '2 min'])
      expect(said[0]!.content).toContain(part);
  });
});

test('a call of a model outlives the worker that was at it, and says so where there is none', async () => {
  const { key: apiKey } = await olga.http.keys.create.mutate({ name: 'models', scopes: ['characters:use'] });
  const client = new OpenAI({ baseURL: `${cluster.apis[0]!.url}/v1`, apiKey, maxRetries: 0 });
  const ask = { model: 'pirate', messages: [{ role: 'user' as const, content: 'Where is the treasure?' }] };
  const begun = gate();
  cluster.model.script(() => ({
    steps: (async function* () {
      yield 'Below';
      begun.open();
      yield { stall: true };
    })(),
  }));
  const asked = client.chat.completions.create(ask);
  await begun.opened;
  cluster.workers.at(-1)!.signal('SIGKILL');
  cluster.model.script(() => ({ steps: words('On the other shore.') }));
  const next = await cluster.startWorker();
  expect((await asked).choices[0]).toMatchObject({ message: { content: 'On the other shore.' }, finish_reason: 'stop' });
  await next.stop();
  await expect(client.chat.completions.create(ask)).rejects.toMatchObject({ status: 503, code: 'unavailable' });
});
