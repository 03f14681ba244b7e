import { gate, startModelServer, type ModelAnswer, type ModelServer } from '@parley/model-server';
import { tokensADay } from '@parley/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createModels, type ModelSettings } from '../models/providers.js';
import { runReply } from './reply-runner.js';
import type { ReplySettings, RunnerDeps } from './runner-deps.js';
import { claimWhenDue, createWorkerWorld, type WorkerWorld } from './worker.fixture.js';

/** Models that stand in for one that fails (`MODEL_FALLBACKS`), over the wire of three providers. */
describe('a model that stands in', () => {
  let world: WorkerWorld;
  let server: ModelServer;
  let roomId: string;
  const nothing = new AbortController().signal;
  beforeEach(async () => {
    // What is counted for the person counts in all rooms.
    world = await createWorkerWorld();
    server = await startModelServer();
    roomId = await world.newRoom();
  });
  afterEach(async () => {
    await world[Symbol.asyncDispose]();
    await server.close();
  });

  const fallbacks = ['anthropic:second', 'google:third'];

  function runner(
    answers: Partial<Record<string, ModelAnswer>>,
    models: ModelSettings = {},
    settings: Partial<ReplySettings> = {},
  ): RunnerDeps {
    server.script(({ model }) => answers[model] ?? { status: 500 });
    const made = createModels({
      openaiBaseUrl: server.url,
      anthropicBaseUrl: server.anthropicUrl,
      googleBaseUrl: server.googleUrl,
      defaultModel: 'openai:first',
      fallbacks,
      wordsPerSecond: 0,
      ...models,
    });
    return world.runner({ deps: { models: made }, settings, maxTries: 3 });
  }

  const asked = (): string[] => server.requests.map(({ model }) => model);
  const spent = async (): Promise<number> => Number((await world.deps.db.aiUsage.findFirst())?.tokens ?? 0);
  const nine: ModelAnswer = { steps: ['Nine.'], usage: { promptTokens: 100, completionTokens: 11 } };

  it.each([
    ['does not answer', { status: 500 }],
    ['is silent for too long', { status: 504 }],
    ['refuses the key', { refuse: 'bad_key' }],
    ['is rate limited', { refuse: 'rate_limit', retryAfterSeconds: 30 }],
    ['has no credit', { refuse: 'no_credit' }],
    ['is not known', { refuse: 'unknown_model' }],
    ['reads less than the conversation has', { refuse: 'context_too_long' }],
    ['breaks off before a word', { steps: [{ cut: true }] }],
    ['says nothing', { steps: [] }],
    ['thinks, and breaks off', { steps: [{ reasoning: 'hm' }, '<think>so', { close: true }] }],
  ] as [string, ModelAnswer][])('answers in the same attempt where the first %s', async (_, first) => {
    const deps = runner({ first, second: nine });
    const { id } = await world.ask(roomId);
    const reader = await world.read(roomId);
    expect(await runReply(deps, await world.claim(id), nothing)).toBe('complete');
    const message = await reader.message(id, ({ status }) => status === 'complete');
    expect(message).toMatchObject({ attempt: 1, content: 'Nine.', error: null, reply: { model: 'anthropic:second' } });
    expect(reader.text(id)?.text).toBe('Nine.');
    expect(asked()).toEqual(['first', 'second']);
    // It is asked the same, in its own protocol.
    expect(server.requests.map(({ protocol }) => protocol)).toEqual(['openai', 'anthropic']);
    expect(server.requests[1]!.turns.at(-1)!.text).toContain('What now?');
  });

  describe('in a room that lets certain providers answer', () => {
    const allow = (aiProviders: string[]) => world.deps.db.room.update({ where: { id: roomId }, data: { aiProviders } });

    it('asks none of the others where its model fails', async () => {
      const deps = runner({ first: { status: 500 }, second: nine, third: nine });
      await allow(['openai', 'google']);
      const { id } = await world.ask(roomId);
      expect(await runReply(deps, await world.claim(id), nothing)).toBe('complete');
      expect(asked()).toEqual(['first', 'third']);
    });

    it('fails with a sentence where its model may not, before anything is sent, and nothing stands in', async () => {
      const deps = runner({ first: nine, second: nine, third: nine });
      await allow([]);
      const { id } = await world.ask(roomId);
      expect(await runReply(deps, await world.claim(id), nothing)).toBe('failed');
      expect(await world.stored(id)).toMatchObject({ error: { code: 'PROVIDER_NOT_ALLOWED' } });
      expect(server.requests).toEqual([]);
      const builtIn = runner({ first: nine }, { defaultModel: 'built-in' });
      const other = await world.ask(roomId);
      expect(await runReply(builtIn, await world.claim(other.id), nothing)).toBe('complete');
      expect(server.requests).toEqual([]);
    });
  });

  it('answers where no key is set for the first', async () => {
    const keyless = runner({ third: nine }, { openaiBaseUrl: undefined, anthropicBaseUrl: undefined });
    const other = await world.ask(roomId);
    expect(await runReply(keyless, await world.claim(other.id), nothing)).toBe('complete');
    expect(asked()).toEqual(['third']);
  });

  it('is followed by the next in the operator’s order, at last by the built-in one, which costs nothing', async () => {
    const deps = runner({}, { fallbacks: [...fallbacks, 'built-in'] });
    await world.say(roomId, 'The boat leaves the harbour at nine tomorrow.');
    const { id } = await world.ask(roomId, '/ask when does the boat leave?');
    expect(await runReply(deps, await world.claim(id), nothing)).toBe('complete');
    expect(asked()).toEqual(['first', 'second', 'third']);
    expect((await world.stored(id)).content).toContain('The boat leaves');
  });

  it('does not follow a word that was shown, a filter, or a stop', async () => {
    const cut = runner({ first: { steps: ['Half an ', { cut: true }] }, second: nine });
    const one = await world.ask(roomId);
    expect(await runReply(cut, await world.claim(one.id), nothing)).toBe('failed');
    expect(await world.stored(one.id)).toMatchObject({ content: 'Half an ', error: { code: 'MODEL_CUT' } });
    const filtered = runner({ first: { refuse: 'content_filter' }, second: nine });
    const two = await world.ask(roomId);
    expect(await runReply(filtered, await world.claim(two.id), nothing)).toBe('failed');
    expect(await world.stored(two.id)).toMatchObject({ error: { code: 'CONTENT_FILTERED' } });
    const begun = gate();
    const handBack = new AbortController();
    const slow = runner({ second: nine });
    server.script(() => {
      begun.open();
      return { steps: [{ stall: true }] };
    });
    const three = await world.ask(roomId);
    const running = runReply(slow, await world.claim(three.id), handBack.signal);
    await begun.opened;
    handBack.abort();
    expect(await running).toBe('handed_back');
    expect(asked()).toEqual(['first', 'first', 'first']);
  });

  it('counts as every call does: what the first cost is added, and one whose call would pass the limit is not opened', async () => {
    const deps = runner(
      { first: { steps: [], usage: { promptTokens: 500, completionTokens: 7 } }, second: nine },
      {},
      { budgets: tokensADay(10_000) },
    );
    const { id } = await world.ask(roomId);
    const reader = await world.read(roomId);
    expect(await runReply(deps, await world.claim(id), nothing)).toBe('complete');
    const { reply } = await reader.message(id, ({ status }) => status === 'complete');
    expect(reply!.usage).toEqual({ inputTokens: 600, outputTokens: 18 });
    expect(await spent()).toBe(618);
    // The estimate of the first call alone uses up what is left.
    const poor = runner({ first: { steps: ['<think>', { cut: true }] }, second: nine }, {}, { budgets: tokensADay(6_000) });
    const other = await world.ask(roomId);
    expect(await runReply(poor, await world.claim(other.id), nothing)).toBe('failed');
    expect((await world.stored(other.id)).error).toMatchObject({ code: 'AI_BUDGET_EXCEEDED' });
    expect(asked()).toEqual(['first', 'second', 'first']);
  });

  it('that fails too leaves the first one’s failure, which says so, and the whole order is tried again where it may help', async () => {
    const deps = runner({ first: { refuse: 'bad_key' }, second: { refuse: 'overloaded' }, third: { refuse: 'bad_key' } });
    const { id } = await world.ask(roomId);
    expect(await runReply(deps, await world.claim(id), nothing)).toBe('requeued');
    server.script(({ model }) => (model === 'third' ? nine : { refuse: 'bad_key' }));
    expect(await runReply(deps, await claimWhenDue(world, id), nothing)).toBe('complete');
    expect(asked()).toEqual(['first', 'second', 'third', 'first', 'second', 'third']);
    const hopeless = runner({ first: { refuse: 'bad_key' }, second: { refuse: 'bad_key' }, third: { refuse: 'no_credit' } });
    const other = await world.ask(roomId);
    expect(await runReply(hopeless, await world.claim(other.id), nothing)).toBe('failed');
    expect((await world.stored(other.id)).error).toEqual({
      code: 'MODEL_AUTH',
      message: 'The model refused the server’s key. Tell whoever runs this server. The models that stand in for it failed too.',
    });
  });
});
