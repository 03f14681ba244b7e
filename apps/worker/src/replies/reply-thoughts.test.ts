import { placeCharacter } from '@parley/core/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { promptText, startModelServer, type ModelServer, type ModelStep } from '@parley/model-server';
import { createModels } from '../models/providers.js';
import { runReply } from './reply-runner.js';
import type { RunnerDeps } from './runner-deps.js';
import { createWorkerWorld, type WorkerWorld } from './worker.fixture.js';

/** What a model thinks before it answers, from the wire to the room. */
describe.each(['openai', 'anthropic', 'google'] as const)('the thoughts of a model that speaks %s', (protocol) => {
  let world: WorkerWorld;
  let server: ModelServer;
  let roomId: string;
  let runner: RunnerDeps;
  const nothing = new AbortController().signal;
  beforeAll(async () => {
    world = await createWorkerWorld();
  });
  afterAll(() => world?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    server = await startModelServer();
    roomId = await world.newRoom();
    await placeCharacter(world.world.handle, roomId, { handle: `bystander-${protocol}` });
    const models = createModels({
      openaiBaseUrl: server.url,
      anthropicBaseUrl: server.anthropicUrl,
      googleBaseUrl: server.googleUrl,
      defaultModel: `${protocol}:scripted`,
    });
    runner = world.runner({ deps: { models } });
  });
  afterEach(() => server.close());

  async function reply(steps: ModelStep[], finishReason: 'stop' | 'length' = 'stop') {
    server.script(() => ({ steps, finishReason }));
    const { id } = await world.ask(roomId, '@ada when?');
    const reader = await world.read(roomId);
    const outcome = await runReply(runner, await world.claim(id), nothing);
    const final = await reader.message(id, ({ status }) => status !== 'queued' && status !== 'streaming');
    return { outcome, final, shown: reader.deltas.map(({ text }) => text).join('') };
  }

  const forms: [string, ModelStep[]][] = [
    ['a field of their own', [{ reasoning: `SECRET @bystander-${protocol}` }, 'Ni', 'ne.']],
    ['tags', [`<think>SECRET @bystander-${protocol}</think>\n\nNine.`]],
    ['tags that the chunks cut', ['<th', 'ink>SEC', `RET @bystander-${protocol}</thi`, 'nk>', '\n\nNi', 'ne.']],
    ['both', [{ reasoning: 'SECRET' }, '<thinking>SECRET</thinking>Nine.']],
    ['Harmony without its marks', ['anal', `ysisSECRET @bystander-${protocol}. assis`, 'tantfinalNi', 'ne.']],
    ['tags within tags', ['<think>SECRET<think>SECRET</think>SECRET</think>Nine.']],
  ];
  it.each(forms)('in %s are neither shown nor kept, and call nobody', async (_, steps) => {
    const { outcome, final, shown } = await reply(steps);
    expect(outcome).toBe('complete');
    expect(final).toMatchObject({ content: 'Nine.', error: null });
    expect(shown).toBe('Nine.');
    const { queued } = (
      await world.deps.db.$queryRawUnsafe<{ queued: number }[]>(
        `select count(*)::int as queued from jobs where room_id = '${roomId}' and state <> 'done'`,
      )
    )[0]!;
    expect(queued).toBe(0);
  });

  it('are not sent back with the next question', async () => {
    await reply(['<think>SECRET</think>Nine.']);
    await reply(['Ten.']);
    expect(promptText(server.requests[1]!)).toContain('Nine.');
    expect(promptText(server.requests[1]!)).not.toMatch(/SECRET|think/);
  });

  it('without an opening tag are taken back once they are known, and never shown again', async () => {
    const first = await reply(['SEC', `RET @bystander-${protocol}\n</th`, 'ink>\n\nNine.']);
    expect(first.final).toMatchObject({ status: 'complete', content: 'Nine.' });
    // The end replaces what was shown; until then nothing is added to it.
    expect(first.shown).toBe(`SECRET @bystander-${protocol}\n`);
    const second = await reply(['SEC', 'RET</think>', 'Nine', '.']);
    expect(second).toMatchObject({ outcome: 'complete', final: { content: 'Nine.' }, shown: 'Nine.' });
  });

  it('stay out of what is kept of an answer that is cut off', async () => {
    const { final } = await reply(['<think>SECRET</think>Ni', '<think>SECRET', { close: true }]);
    expect(final).toMatchObject({ status: 'failed', content: 'Ni', error: { code: 'MODEL_CUT' } });
  });

  it('are text where they stand in code', async () => {
    const content = 'Write `<think>`:\n```\n<think>a</think>\n```';
    expect((await reply(Array.from(content))).final.content).toBe(content);
  });

  it('that take up the whole answer are said, and not asked for again', async () => {
    server.script(() => ({ steps: ['<think>SECRET'], finishReason: 'length' }));
    const { id } = await world.ask(roomId);
    expect(await runReply(runner, await world.claim(id), nothing)).toBe('failed');
    expect(await world.stored(id)).toMatchObject({
      content: '',
      error: {
        code: 'MODEL_CUT',
        message: 'The model reached the longest answer it may give while it was still thinking. Ask for less, or choose another model.',
      },
    });
  });

  it('that a limit cut before their closing tag are no answer, where the model is known to begin with them', async () => {
    await reply(['SECRET\n</think>\n\nNine.']);
    const { outcome, final, shown } = await reply([`SECRET @bystander-${protocol}`, ' SECRET'], 'length');
    expect(outcome).toBe('failed');
    expect(shown).toBe('');
    expect(final).toMatchObject({
      content: '',
      error: {
        code: 'MODEL_CUT',
        message: 'The model reached the longest answer it may give while it was still thinking. Ask for less, or choose another model.',
      },
    });
  });

  it('are expected no longer of a model that answered without them for some time', async () => {
    await reply(['SECRET\n</think>\n\nNine.']);
    for (let answer = 0; answer < 3; answer++) expect((await reply(['Ni', 'ne.'])).shown).toBe('Nine.');
    // From now on its text is shown as it comes, and a limit cuts an answer.
    const { final } = await reply(['Ni'], 'length');
    expect(final).toMatchObject({ status: 'complete', content: 'Ni', error: { code: 'MODEL_CUT' } });
  });

  it('are not seen in a sentence that speaks of their tags', async () => {
    const content = 'Wrap it in <thinking> tags, and close them with `</thinking>`.\n\nThat is all.';
    expect((await reply(Array.from(content))).final.content).toBe(content);
  });

  it('are counted where the provider gives no numbers', async () => {
    const thought = `<think>${'SECRET '.repeat(100)}</think>`;
    for (const steps of [
      [`${thought}Ni`, { close: true }],
      [`${thought}Ni`, { raw: 'data: [DONE]\n\n' }],
    ] as ModelStep[][]) {
      const { final } = await reply(steps);
      expect(final.content).toBe('Ni');
      expect(final.reply!.usage!.inputTokens).toBeGreaterThan(0);
      expect(final.reply!.usage!.outputTokens).toBeGreaterThan(200);
    }
  });
});
