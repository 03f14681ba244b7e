import { randomUUID } from 'node:crypto';
import { createOpenAI } from '@ai-sdk/openai';
import { decidedConversations, type DecidedConversation } from '@parley/core/prompts/built-in/decided/conversations.fixture';
import { buildPrompt } from '@parley/core/prompts/build-prompt';
import { contextOf, summaryTask } from '@parley/core/prompts/prompt-context.fixture';
import { SourceMarks } from '@parley/core/prompts/source-marks';
import { streamModel } from './stream-model.js';
import type { PromptMessage } from '@parley/core/prompts/prompt-context';
import { promptText, startModelServer, type ModelServer } from '@parley/model-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BuiltInModel } from '../models/built-in-model.js';
import { ThoughtHabit } from '../models/thoughts/thought-habit.js';
import { runReply } from './reply-runner.js';
import { createWorkerWorld, type WorkerWorld } from './worker.fixture.js';

/** Summaries of our own conversations: whatever a point cites is there, and its readers may read it. */
let world: WorkerWorld;
let server: ModelServer;
const nothing = new AbortController().signal;

beforeAll(async () => {
  [world, server] = await Promise.all([createWorkerWorld(), startModelServer()]);
});
afterAll(() => Promise.all([world?.[Symbol.asyncDispose](), server?.close()]));

const models = {
  'built-in': () => ({ model: new BuiltInModel({ wordsPerSecond: 0 }), name: 'built-in:extractive', maxOutputTokens: 0, habit: null }),
  scripted: () => ({
    model: createOpenAI({ apiKey: 'k', baseURL: server.url }).chat('m'),
    name: 'openai:m',
    maxOutputTokens: 1_000,
    habit: new ThoughtHabit(),
  }),
};

/** Has all of a conversation said in a room, one message hidden from AI and one deleted. @returns ids in the room by the conversation's */
async function sayAll(roomId: string, messages: readonly PromptMessage[], { hidden, deleted }: { hidden: string; deleted: string }) {
  const { owner, deps } = world.world;
  const { lastSeq, lastRev } = await deps.db.roomCounter.update({
    where: { roomId },
    data: { lastSeq: { increment: messages.length }, lastRev: { increment: messages.length } },
  });
  const ids = new Map(messages.map(({ id }) => [id, randomUUID()]));
  const { id: authorId, displayName: authorName, username: authorHandle, avatar: authorAvatar } = owner.user;
  await deps.db.message.createMany({
    data: messages.map(({ id, content }, index) => ({
      id: ids.get(id)!,
      roomId,
      seq: lastSeq - messages.length + index + 1,
      rev: lastRev - messages.length + index + 1,
      kind: 'text',
      authorType: 'user',
      authorId,
      authorName,
      authorHandle,
      authorAvatar,
      content: id === deleted ? '' : content,
      hiddenFromAi: id === hidden,
      deletedAt: id === deleted ? new Date() : null,
    })),
  });
  return ids;
}

async function summaryBy(name: keyof typeof models, roomId: string): Promise<string[]> {
  const { replies } = await world.say(roomId, '/summary');
  const id = replies[0]!.id;
  const runner = world.runner({ deps: { models: { ...world.runner().models, resolve: models[name] } } });
  expect(await runReply(runner, await world.claim(id), nothing)).toBe('complete');
  return (await world.stored(id)).content.split('\n').filter((line) => line.startsWith('- '));
}

/** The messages that a point cites. */
function citedBy(point: string): string[] {
  return [...point.matchAll(/\(#message-([\w-]+)\)/g)].map(([, id]) => id!);
}

/** Scripts a model that cites what it was given, something that it was not given, and nothing. */
function scriptPoints({ messages, decided }: DecidedConversation): void {
  const texts = messages.filter(({ id }) => decided.includes(id)).map(({ content }) => content);
  server.script((request) => {
    const numberOf = (content: string) => {
      const before = promptText(request).split(`\n${content}\n`)[0]!;
      return / n="(\d+)"[^>]*>$/.exec(before)![1];
    };
    return { steps: [...texts.map((text) => `- ${text} [#${numberOf(text)}]\n`), '- Of another room [#9', '7]\n', '- Bring cake\n'] };
  });
}

const ownPoints = ['- Of another room[*](#no-source)', '- Bring cake[*](#no-source)'];

it('every point of a model cites messages that it was given, or is marked as the model’s own', async () => {
  const { model, habit } = models.scripted();
  for (const conversation of decidedConversations) {
    scriptPoints(conversation);
    const { turns: prompt, sources } = buildPrompt(contextOf(summaryTask, conversation.messages));
    const marks = new SourceMarks({ sources, marksOwn: true });
    let text = '';
    const limits = { firstTokenMs: 300_000, betweenTokensMs: 300_000, answerMs: 300_000 };
    const onText = (chunk: string): boolean => {
      text += marks.push(chunk);
      return true;
    };
    await streamModel({ model, call: { prompt }, limits, signal: nothing, habit, onText, onTakenBack: () => {} });
    const points = (text + marks.end(true)).split('\n').filter((line) => line.startsWith('- '));
    expect(points.map(citedBy)).toEqual([...conversation.decided.map((id) => [id]), [], []]);
    expect(points.slice(-2)).toEqual(ownPoints);
  }
});

it('by the whole worker, every point cites messages that are there and that its readers may read', async () => {
  const oneOfEach = [...new Map(decidedConversations.map((conversation) => [conversation.language, conversation])).values()];
  expect(oneOfEach).toHaveLength(5);
  for (const conversation of oneOfEach) {
    const { messages, decided } = conversation;
    const roomId = await world.newRoom();
    const [hidden, deleted, ...rest] = messages.filter(({ id }) => !decided.includes(id));
    const said = await sayAll(roomId, messages, { hidden: hidden!.id, deleted: deleted!.id });
    const decisions = decided.map((id) => said.get(id)!);
    const readable = [...decisions, ...rest.map(({ id }) => said.get(id)!)];

    for (const point of await summaryBy('built-in', roomId)) {
      expect(citedBy(point)).toHaveLength(1);
      expect(readable).toContain(citedBy(point)[0]);
    }
    scriptPoints(conversation);
    const points = await summaryBy('scripted', roomId);
    expect(points.map(citedBy)).toEqual([...decisions.map((id) => [id]), [], []]);
    expect(points.slice(-2)).toEqual(ownPoints);
    expect(promptText(server.requests.at(-1)!)).not.toContain(`\n${hidden!.content}\n`);
  }
});
