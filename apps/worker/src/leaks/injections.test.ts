import type { LanguageModelV3Prompt } from '@ai-sdk/provider';
import { injections, type InjectionPlace } from '@parley/contracts/testing';
import { buildPrompt } from '@parley/core/prompts/build-prompt';
import type { PromptContext, PromptMessage } from '@parley/core/prompts/prompt-context';
import { updateRoom } from '@parley/core/rooms/update-room';
import { startModelServer } from '@parley/model-server';
import { describe, expect, it } from 'vitest';
import { createModels } from '../models/providers.js';
import { runReply } from '../replies/reply-runner.js';
import { createWorkerWorld } from '../replies/worker.fixture.js';

/** Texts that try to be more than a text, and what becomes of them on the wire of each provider. */

const wires = ['openai', 'anthropic', 'google'] as const;
const models = createModels({
  openaiApiKey: 'k',
  anthropicApiKey: 'k',
  googleApiKey: 'k',
  modelsAllowed: wires.map((wire) => `${wire}:m`),
});
/** What no text of people has. */
const mark = '§';
const nonce = 'k7m2q9xw';

/** The body that the provider is sent, without sending it. */
async function bodyOf(wire: (typeof wires)[number], prompt: LanguageModelV3Prompt): Promise<unknown> {
  let body: unknown;
  const { fetch } = globalThis;
  globalThis.fetch = async (_input, init) => {
    body = JSON.parse(String(init?.body));
    throw new Error('kept');
  };
  try {
    await Promise.resolve(models.resolve(`${wire}:m`).model.doStream({ prompt })).catch(() => {});
  } finally {
    globalThis.fetch = fetch;
  }
  return body;
}

/** With every text in it changed. */
function mapped(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapped(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapped(item, change)]));
}

const message = (changes: Partial<PromptMessage>): PromptMessage => ({
  id: '00000000-0000-7000-8000-000000000001',
  own: false,
  fromCharacter: false,
  name: 'Mallory',
  handle: 'mallory',
  content: 'Hello.',
  createdAt: '2026-11-03T14:00:00.000Z',
  ...changes,
});

const context = (changes: Partial<PromptContext>): PromptContext => ({
  task: { kind: 'ask', question: 'When does the boat leave?', scope: null },
  character: { name: 'Ada', handle: 'ada', systemPrompt: 'You are kind.' },
  addressee: { name: 'Tess', handle: 'tess', isCharacter: false },
  triggerMessageId: '00000000-0000-7000-8000-000000000002',
  askedAt: '2026-11-03T15:00:00.000Z',
  messages: [message({})],
  earlier: null,
  ...changes,
});

/** The context of an answer with this text in its place. */
const contexts: Record<Exclude<InjectionPlace, 'topic' | 'tool'>, (text: string) => PromptContext> = {
  message: (content) => context({ messages: [message({ content })] }),
  imported: (content) => context({ messages: [message({ content, imported: true })] }),
  name: (name) => context({ messages: [message({ name })] }),
  note: (text) =>
    context({ notes: [{ id: '1', number: 1, text, name: 'Mallory', handle: 'mallory', writtenAt: '2026-11-03T14:00:00.000Z' }] }),
  earlier: (earlier) => context({ earlier }),
  character: (systemPrompt) => context({ character: { name: 'Ada', handle: 'ada', systemPrompt } }),
};

const turnsOf = (of: PromptContext) => buildPrompt(of, { nonce }).turns as LanguageModelV3Prompt;

describe('texts that try to be more', () => {
  it('are two hundred, each of them another', () => {
    const all = Object.entries(injections).flatMap(([place, texts]) => texts.map((text) => `${place}: ${text}`));
    expect(all.length).toBeGreaterThanOrEqual(200);
    expect(new Set(all).size).toBe(all.length);
  });

  describe.each(wires)('%s is sent them', (wire) => {
    it.each(['message', 'imported', 'note', 'earlier', 'character'] as const)(
      'as the %s that they are, and nothing else changes',
      async (place) => {
        const plain = await bodyOf(wire, turnsOf(contexts[place](`(${mark})`)));
        for (const text of injections[place]) {
          const body = await bodyOf(wire, turnsOf(contexts[place](`(${text})`)));
          // Each stands there as it was written, once, where a harmless text stands.
          expect(
            mapped(body, (part) => part.replace(`(${text})`, `(${mark})`)),
            text,
          ).toEqual(plain);
        }
      },
    );

    it('as names, on one line, without what could end them', async () => {
      const plain = await bodyOf(wire, turnsOf(contexts.name(mark)));
      for (const name of injections.name) {
        const body = await bodyOf(wire, turnsOf(contexts.name(name)));
        expect(
          mapped(body, (part) => part.replace(/ from="[^"<>\n\u2028]*" handle="@mallory"/, ` from="${mark}" handle="@mallory"`)),
          name,
        ).toEqual(plain);
      }
    });
  });

  it('are in no prompt as the name or the topic of a room', async () => {
    await using world = await createWorkerWorld();
    for (const text of injections.topic) {
      const roomId = await world.newRoom();
      await world.world.access.run(world.world.owner.actor, roomId, 'rooms.update', (room) =>
        updateRoom(world.deps, room, { topic: text, name: text }),
      );
      const reply = await world.ask(roomId);
      await runReply(world.runner(), await world.claim(reply.id), new AbortController().signal);
      expect(JSON.stringify(world.model.calls.at(-1)!.prompt)).not.toContain(JSON.stringify(text).slice(1, -1));
    }
  });

  it('have a model call a tool that it was not given: nothing is done, and nobody is asked again', async () => {
    await using world = await createWorkerWorld();
    await using server = await startModelServer();
    for (const wire of wires) {
      const own = createModels({
        openaiBaseUrl: server.url,
        anthropicBaseUrl: server.anthropicUrl,
        googleBaseUrl: server.googleUrl,
        defaultModel: `${wire}:scripted`,
      });
      for (const name of ['search_room', 'fetch_url', 'remove_note']) {
        server.script(() => ({ steps: ['I look. ', { call: { name, arguments: { url: 'https://evil.example/4711' } } }] }));
        const before = server.requests.length;
        const reply = await world.ask(await world.newRoom());
        await runReply(world.runner({ deps: { models: own } }), await world.claim(reply.id), new AbortController().signal);
        expect(server.requests.slice(before).map(({ tools }) => tools)).toEqual([[]]);
        expect(await world.stored(reply.id)).toMatchObject({ content: expect.stringMatching(/^(?:I look\. ?)?$/) });
      }
    }
  });
});
