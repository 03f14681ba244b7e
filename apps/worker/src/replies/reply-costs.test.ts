import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startModelServer, type ModelAnswer, type ModelServer } from '@parley/model-server';
import { tokensADay } from '@parley/core/testing';
import { createModels } from '../models/providers.js';
import { runReply } from './reply-runner.js';
import type { ReplySettings, RunnerDeps } from './runner-deps.js';
import { claimWhenDue, createWorkerWorld, takeOver, type WorkerWorld } from './worker.fixture.js';

/** What replies cost whoever pays, from the wire to the tokens of the day: each call that was opened counts, however it ended. */
describe.each(['openai', 'anthropic', 'google'] as const)('calls to a model that speaks %s', (protocol) => {
  let world: WorkerWorld;
  let server: ModelServer;
  let roomId: string;
  const nothing = new AbortController().signal;
  beforeAll(async () => {
    world = await createWorkerWorld();
  });
  afterAll(() => world?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    server = await startModelServer();
    roomId = await world.newRoom();
    await world.deps.db.aiUsage.deleteMany();
  });
  afterEach(() => server.close());

  function runner(answer: ModelAnswer, settings: Partial<ReplySettings> = {}): RunnerDeps {
    server.script(() => answer);
    const models = createModels({
      openaiBaseUrl: server.url,
      anthropicBaseUrl: server.anthropicUrl,
      googleBaseUrl: server.googleUrl,
      defaultModel: `${protocol}:scripted`,
    });
    return world.runner({ deps: { models }, settings, maxTries: 5 });
  }

  async function spent(): Promise<number> {
    return Number((await world.deps.db.aiUsage.findFirst())?.tokens ?? 0);
  }

  const filtered: ModelAnswer = {
    steps: ['I am'],
    finishReason: 'content_filter',
    usage: { promptTokens: 59_000, completionTokens: 1_000 },
  };

  it('that end in a filter count by the provider’s figures, until those of the day are used up', async () => {
    const deps = runner(filtered, { budgets: tokensADay(200_000) });
    for (let time = 1; time <= 8; time++) {
      const reply = await world.ask(roomId);
      expect(await runReply(deps, await world.claim(reply.id), nothing)).toBe('failed');
      const { error } = await world.stored(reply.id);
      expect(error!.code).toBe(time <= 4 ? 'CONTENT_FILTERED' : 'AI_BUDGET_EXCEEDED');
    }
    expect(server.requests).toHaveLength(4);
    // Anthropic gives the prompt's figure at the beginning.
    expect(await spent()).toBe(240_000);
  });

  it('of a silent model count each by their estimate', async () => {
    const deps = runner({ steps: [{ stall: true }] }, { firstTokenMs: 1 });
    const { id } = await world.ask(roomId);
    const prompts: number[] = [];
    for (let attempt = 1; attempt <= 5; attempt++) {
      const before = await spent();
      expect(await runReply(deps, await claimWhenDue(world, id), nothing)).toBe(attempt < 5 ? 'requeued' : 'failed');
      prompts.push((await spent()) - before);
    }
    expect(Math.min(...prompts)).toBeGreaterThan(50);
    expect(new Set(prompts).size).toBe(1);
  });

  it('that the provider refused cost nothing', async () => {
    for (const refuse of ['bad_key', 'rate_limit', 'unknown_model', 'context_too_long'] as const) {
      const { id } = await world.ask(roomId);
      await runReply(runner({ refuse }), await world.claim(id), nothing);
    }
    expect(server.requests.length).toBeGreaterThanOrEqual(4);
    expect(await spent()).toBe(0);
  });

  it('of a process that died count, and so do those of the one that took over', async () => {
    let asked = (): void => {};
    const hanging = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const deps = runner({ steps: [{ stall: true }] });
    server.script(() => {
      asked();
      return { steps: [{ stall: true }] };
    });
    const { id } = await world.ask(roomId);
    const claim = await world.claim(id);
    const handBack = new AbortController();
    // This one never gets to write anything once it has called the model.
    const dead = runReply({ ...deps, db: dying(deps.db, () => server.requests.length > 0) }, claim, handBack.signal);
    await hanging;
    const first = await spent();
    expect(first).toBeGreaterThan(50);
    const next = await takeOver(world, id);
    server.script(() => ({ steps: ['Nine.'], usage: { promptTokens: 100, completionTokens: 11 } }));
    expect(await runReply(deps, next, nothing)).toBe('complete');
    expect(await spent()).toBe(first + 111);
    handBack.abort();
    await dead;
    expect(await spent()).toBe(first + 111);
  });

  it('count of what was written, where the answer was cut or stopped', async () => {
    const { id } = await world.ask(roomId);
    await runReply(runner({ steps: ['word '.repeat(300), { cut: true }] }), await world.claim(id), nothing);
    expect(await spent()).toBeGreaterThan(500);
  });
});

/** A database that refuses all writes from some moment on, as of a process that is gone. */
function dying(db: RunnerDeps['db'], isDead: () => boolean): RunnerDeps['db'] {
  return new Proxy(db, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (name !== '$queryRaw' && name !== '$executeRaw') return value;
      return (...args: unknown[]) => {
        if (isDead()) return Promise.reject(new Error('this process is dead'));
        return (value as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}
