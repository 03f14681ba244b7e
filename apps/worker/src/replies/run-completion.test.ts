import { channels, type CompletionPayload } from '@parley/contracts';
import { giveUpCompletion, lookAtCompletion } from '@parley/core/completions/await-completion';
import { beginCompletion } from '@parley/core/completions/begin-completion';
import { newCompletionId, type ClaimedCompletion, type CompletionRequest } from '@parley/core/completions/completion';
import { completionJobs } from '@parley/core/completions/completion-sink';
import { placeCharacter, tokensADay } from '@parley/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelError } from '../models/model-errors.js';
import { createModels } from '../models/providers.js';
import { runCompletion } from './run-completion.js';
import { createWorkerWorld, failing, finish, gate, never, saying, usage, type WorkerWorld } from './worker.fixture.js';

/** Completions as a worker writes them. */
describe('runCompletion', () => {
  let world: WorkerWorld;
  const nothing = new AbortController().signal;
  beforeAll(async () => {
    world = await createWorkerWorld();
    const roomId = await world.newRoom();
    await placeCharacter(world.deps, roomId, { handle: 'pirate', systemPrompt: 'Speak like a pirate.', temperature: 0.5 });
    await placeCharacter(world.deps, roomId, { handle: 'builtin', model: 'built-in' });
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  const user = (content: string) => ({ role: 'user' as const, content });
  async function claimed(asked: Partial<CompletionRequest> = {}, model = 'pirate'): Promise<ClaimedCompletion> {
    const request = { messages: [user('Where to?')], temperature: null, maxTokens: null, stop: [], ...asked };
    const id = newCompletionId();
    await beginCompletion(world.deps, world.world.owner.actor, { id, model, request });
    return (await completionJobs.claim(world.deps, id, { id: 'a worker of the test', leaseMs: 60_000, maxTries: 10 }))!;
  }
  const resultOf = async ({ id }: ClaimedCompletion) => {
    const state = await lookAtCompletion(world.deps, world.world.owner.actor, id);
    return state.kind === 'ended' ? state.result : state;
  };
  async function run(asked?: Partial<CompletionRequest>, runner = world.runner()) {
    const claim = await claimed(asked);
    const outcome = await runCompletion(runner, claim, nothing);
    return { outcome, result: await resultOf(claim) };
  }
  const told = { inputTokens: usage.inputTokens.total, outputTokens: usage.outputTokens.total };

  it('tells the text as it is written, and keeps the whole of it until it is taken', async () => {
    world.model.script = saying('North', 'by', ' west.');
    const claim = await claimed();
    const heard: CompletionPayload[] = [];
    await world.bus.subscribe(channels.completion(claim.id), (payload) => void heard.push(payload));
    expect(await runCompletion(world.runner(), claim, nothing)).toBe('complete');
    await expect.poll(() => heard.at(-1)).toEqual({ deltas: [], ended: true });
    expect(heard.flatMap(({ deltas }) => deltas.map(({ text }) => text)).join('')).toBe('Northby west.');
    expect(await resultOf(claim)).toEqual({ text: 'Northby west.', end: { type: 'end', reason: 'stop', usage: told } });
  });

  it('asks with the character’s instructions first, the caller’s system after them, and turns that alternate', async () => {
    world.model.script = saying('Aye.');
    const messages = [
      { role: 'assistant' as const, content: 'Ahoy.' },
      user('One.'),
      { role: 'system' as const, content: 'Be short.' },
      user('Two.'),
    ];
    await run({ messages, maxTokens: 7, temperature: 1.5 });
    expect(world.model.calls.at(-1)).toMatchObject({
      temperature: 1.5,
      maxOutputTokens: 7,
      prompt: [
        { role: 'system', content: 'Your name is Pirate.\nSpeak like a pirate.\n\nBe short.' },
        { role: 'user', content: [{ text: '(The conversation begins here.)' }] },
        { role: 'assistant', content: [{ text: 'Ahoy.' }] },
        { role: 'user', content: [{ text: 'One.\n\nTwo.' }] },
      ],
    });
  });

  it('ends before a stop, and reads the model no further', async () => {
    world.model.script = saying('One, tw', 'o, thr', 'ee, four', 'five');
    expect(await run({ stop: ['three'] })).toMatchObject({
      outcome: 'complete',
      result: { text: 'One, two, ', end: { type: 'end', reason: 'stop' } },
    });
    expect(world.model.open).toBe(0);
    world.model.script = saying('a #', '#');
    expect(await run({ stop: ['###'] })).toMatchObject({ result: { text: 'a ##' } });
  });

  it('says that the longest answer cut it, also where nothing was said; an empty answer is one', async () => {
    const cut = { ...finish, finishReason: { unified: 'length' as const, raw: 'length' } };
    world.model.script = async function* () {
      yield 'Half an';
      yield cut;
    };
    expect(await run()).toMatchObject({ result: { text: 'Half an', end: { type: 'end', reason: 'length' } } });
    world.model.script = async function* () {
      yield cut;
    };
    expect(await run()).toMatchObject({ result: { text: '', end: { type: 'end', reason: 'length' } } });
    world.model.script = saying();
    expect(await run()).toMatchObject({ result: { text: '', end: { type: 'end', reason: 'stop' } } });
    world.model.script = saying('x'.repeat(50));
    expect(await run({}, world.runner({ settings: { maxReplyBytes: 20 } }))).toMatchObject({
      result: { text: 'x'.repeat(20), end: { type: 'end', reason: 'length' } },
    });
  });

  it('leaves thoughts out, also those that nobody opened', async () => {
    world.model.script = saying('I wonder…', '\n</think>\n\n', 'Yes.');
    expect(await run()).toMatchObject({ result: { text: 'Yes.' } });
    world.model.script = saying('<think>STOP', ' here</think>Yes. STOP');
    expect(await run({ stop: ['STOP'] })).toMatchObject({ result: { text: 'Yes. ' } });
  });

  it('is tried again before the first text, and says why it failed after it', async () => {
    world.model.script = failing(new ModelError('MODEL_UNAVAILABLE', 'Down.', { retryable: true }));
    const claim = await claimed();
    expect(await runCompletion(world.runner(), claim, nothing)).toBe('requeued');
    expect(await resultOf(claim)).toMatchObject({ kind: 'waiting' });
    world.model.script = async function* () {
      yield 'Half an';
      throw new TypeError('terminated');
    };
    expect(await run()).toMatchObject({ outcome: 'failed', result: { text: 'Half an', end: { type: 'failed', code: 'MODEL_CUT' } } });
  });

  it('refuses what is too long before any call, and what the day’s tokens do not pay for', async () => {
    const calls = world.model.calls.length;
    expect(await run({ messages: [user('word '.repeat(30_000))] })).toMatchObject({
      result: { end: { type: 'failed', code: 'CONTEXT_TOO_LONG', message: expect.stringContaining('10000 are the most') as string } },
    });
    // What was asked before has used up so few.
    expect(await run({}, world.runner({ settings: { budgets: tokensADay(1) } }))).toMatchObject({
      result: { end: { code: 'AI_BUDGET_EXCEEDED' } },
    });
    expect(world.model.calls).toHaveLength(calls);
  });

  it('ends when its caller waits no more', async () => {
    const begun = gate();
    world.model.script = async function* () {
      yield 'Once';
      begun.open();
      await never;
    };
    const claim = await claimed();
    const running = runCompletion(world.runner(), claim, nothing);
    await begun.opened;
    await giveUpCompletion(world.deps, world.world.owner.actor, claim.id);
    expect(await running).toBe('stopped');
    await expect.poll(() => world.model.open).toBe(0);
  });

  it('is answered by the built-in model from the messages it is given, for nothing, in no more words than are asked for', async () => {
    const models = createModels({ wordsPerSecond: 0 });
    const messages = [
      user('The ship sails on Friday at noon.'),
      { role: 'assistant' as const, content: 'Noted.' },
      user('When does the ship sail?'),
    ];
    const ask = async (asked: Partial<CompletionRequest>) => {
      const claim = await claimed({ messages, ...asked }, 'builtin');
      await runCompletion(world.runner({ deps: { models } }), claim, nothing);
      return resultOf(claim);
    };
    const end = { type: 'end', usage: { inputTokens: 0, outputTokens: 0 } };
    expect(await ask({})).toMatchObject({
      text: expect.stringContaining('> The ship sails on Friday at noon.') as string,
      end: { ...end, reason: 'stop' },
    });
    expect(await ask({})).not.toMatchObject({ text: expect.stringContaining('#message-') as string });
    expect(await ask({ maxTokens: 2 })).toEqual({ text: 'This message', end: { ...end, reason: 'length' } });
  });
});
