import { request } from 'node:http';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startModelServer, words } from '@parley/model-server';
import { workerEnvShape } from './env.js';
import { answersWithin, startOperatorServer } from './operator-server.js';
import { createWorkerWorld, type WorkerWorld } from './replies/worker.fixture.js';
import { startWorker } from './start-worker.js';

const parse = (env: Record<string, string>) => z.object(workerEnvShape).parse(env);

describe('startWorker', () => {
  let world: WorkerWorld;
  beforeAll(async () => {
    world = await createWorkerWorld();
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  it('answers /summary with the built-in model, from nothing but defaults', async () => {
    const roomId = await world.newRoom();
    const reader = await world.read(roomId);
    const registry = new Registry();
    const worker = await startWorker(world.deps, { env: parse({ BUILT_IN_WORDS_PER_SECOND: '0' }), instanceId: 'one', registry });
    expect(worker.defaultModel).toBe('built-in:extractive');
    const { message } = await world.say(roomId, 'The boat leaves the harbour at nine tomorrow.');
    await world.say(roomId, 'Then the boat needs fuel and bread today.');
    const reply = await world.ask(roomId, '/summary');
    const final = await reader.message(reply.id, ({ status }) => status === 'complete');
    expect(final.content).toMatch(
      new RegExp(`^- The boat leaves the harbour at nine tomorrow\\. \\[tess .*\\]\\(#message-${message.id}\\)$`, 'm'),
    );
    expect(final.reply).toMatchObject({ model: 'built-in:extractive', usage: { inputTokens: 0, outputTokens: 0 } });
    expect(reader.text(reply.id)?.text).toBe(final.content);
    await worker.stop();
    expect(await registry.metrics()).toContain('parley_replies_total{outcome="complete"} 1');
  });

  it.each([
    ['anthropic:claude-x', 'No key is set for “anthropic”. Set ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL on the server.'],
    ['google:gemini-x', 'No key is set for “google”. Set GOOGLE_GENERATIVE_AI_API_KEY or GOOGLE_GENERATIVE_AI_BASE_URL on the server.'],
  ])('says at the start, in one line, that %s lacks its key', async (DEFAULT_MODEL, missing) => {
    world.logged.length = 0;
    const worker = await startWorker(world.deps, { env: parse({ DEFAULT_MODEL }), instanceId: 'keyless', registry: new Registry() });
    await worker.stop();
    expect(world.logged).toEqual([`the default model cannot answer: ${missing}`]);
  });

  it('says nothing of a default model that has what it needs', async () => {
    world.logged.length = 0;
    for (const env of [{}, { DEFAULT_MODEL: 'built-in' }, { DEFAULT_MODEL: 'anthropic:claude-x', ANTHROPIC_API_KEY: 'k' }]) {
      const worker = await startWorker(world.deps, { env: parse(env), instanceId: 'keyed', registry: new Registry() });
      await worker.stop();
    }
    expect(world.logged).toEqual([]);
  });

  it('streams from an OpenAI-compatible server without a key', async () => {
    await using server = await startModelServer();
    server.script(() => ({
      steps: [{ reasoning: 'Let me think.' }, ...words('Nine, from the harbour.')],
      usage: { promptTokens: 40, completionTokens: 5 },
    }));
    const roomId = await world.newRoom();
    const reader = await world.read(roomId);
    const env = parse({ OPENAI_BASE_URL: server.url, DEFAULT_MODEL: 'openai:scripted' });
    const worker = await startWorker(world.deps, { env, instanceId: 'two', registry: new Registry() });
    await world.say(roomId, 'The boat leaves at nine.');
    const reply = await world.ask(roomId, '@ada when does the boat leave?');
    const final = await reader.message(reply.id, ({ status }) => status === 'complete');
    expect(final).toMatchObject({
      content: 'Nine, from the harbour.',
      reply: { model: 'openai:scripted', usage: { inputTokens: 40, outputTokens: 5 } },
    });
    const { body, key, turns } = server.requests[0]!;
    expect(key).toBeNull();
    expect(body).toMatchObject({ model: 'scripted', stream: true });
    expect(turns.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(turns[1]!.text).toContain('The boat leaves at nine.');
    await worker.stop();
  });

  it('frees the provider’s connection when a reply is handed back', async () => {
    await using server = await startModelServer({ script: () => ({ steps: ['begun', { stall: true }] }) });
    const roomId = await world.newRoom();
    const reader = await world.read(roomId);
    const env = parse({ OPENAI_BASE_URL: server.url, DEFAULT_MODEL: 'openai:scripted' });
    const worker = await startWorker(world.deps, { env, instanceId: 'three', registry: new Registry() });
    const reply = await world.ask(roomId);
    await reader.showing(reply.id, (text) => text === 'begun');
    await worker.stop(1);
    expect(await server.requests[0]!.ended).toBe('left');
    expect((await world.stored(reply.id)).status).toBe('queued');
  });
});

describe('startOperatorServer', () => {
  it('answers /health, /live, /ready and /metrics', async () => {
    const registry = new Registry();
    const parts: Record<string, 'ok' | 'away'> = { database: 'ok', bus: 'ok' };
    let ready = true;
    const server = await startOperatorServer({
      host: '127.0.0.1',
      port: 0,
      registry,
      isReady: () => ready,
      health: async () => ({ parts, repliesInFlight: 2 }),
    });
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
      return [response.status, await response.json()];
    };
    expect(await get('/health')).toEqual([200, { status: 'ok', parts, repliesInFlight: 2 }]);
    expect(await get('/ready')).toEqual([200, { ready: true }]);
    expect((await fetch(`http://127.0.0.1:${server.port}/metrics`)).headers.get('content-type')).toBe(registry.contentType);
    expect((await get('/other'))[0]).toBe(404);
    parts['bus'] = 'away';
    expect(await get('/health')).toMatchObject([200, { status: 'degraded' }]);
    parts['database'] = 'away';
    expect(await get('/health')).toMatchObject([503, { status: 'degraded', parts: { database: 'away' } }]);
    ready = false;
    expect(await get('/ready')).toEqual([503, { ready: false }]);
    expect(await get('/live')).toEqual([200, { live: true }]);
    await server.close();
  });

  it('answers this machine by its own names alone: a page whose name was pointed here reads nothing', async () => {
    const server = await startOperatorServer({
      host: '127.0.0.1',
      port: 0,
      registry: new Registry(),
      isReady: () => true,
      health: async () => ({ parts: { database: 'ok' }, instanceId: 'secret-name' }),
    });
    const status = (path: string, host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = request({ host: '127.0.0.1', port: server.port, path, headers: { host } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        sent.on('error', reject);
        sent.end();
      });
    for (const path of ['/health', '/live', '/ready', '/metrics']) {
      for (const host of ['localhost', `127.0.0.1:${server.port}`, `[::1]:${server.port}`, 'LOCALHOST:80']) {
        expect([path, host, await status(path, host)]).toEqual([path, host, 200]);
      }
      for (const host of [`evil.example:${server.port}`, '127.evil.example', 'localhost.evil.example', '192.0.2.7']) {
        expect([path, host, await status(path, host)]).toEqual([path, host, 403]);
      }
    }
    await server.close();
  });

  it('takes a part that is silent for one that is away', async () => {
    expect(await answersWithin(Promise.resolve(), 1_000)).toBe(true);
    expect(await answersWithin(Promise.reject(new Error('refused')), 1_000)).toBe(false);
    expect(await answersWithin(new Promise(() => {}), 10)).toBe(false);
  });
});
