import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
// oxlint-disable-next-line parley/imports -- the scripted server is test code that the end-to-end tests share
import { startModelServer, words } from '../../../tests/e2e/model-server/index.js';
import { workerEnvShape } from './env.js';
import { startOperatorServer } from './operator-server.js';
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
  it('answers /health and /metrics', async () => {
    const registry = new Registry();
    let away = false;
    const server = await startOperatorServer({
      host: '127.0.0.1',
      port: 0,
      registry,
      health: () => (away ? Promise.reject(new Error('the database is away')) : Promise.resolve({ repliesInFlight: 2 })),
    });
    const url = `http://127.0.0.1:${server.port}`;
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok', repliesInFlight: 2 });
    expect((await fetch(`${url}/metrics`)).headers.get('content-type')).toBe(registry.contentType);
    expect((await fetch(`${url}/other`)).status).toBe(404);
    away = true;
    const answer = await fetch(`${url}/health`);
    expect([answer.status, await answer.json()]).toEqual([503, { status: 'unavailable' }]);
    await server.close();
  });
});
