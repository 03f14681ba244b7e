import { randomUUID } from 'node:crypto';
import type { PrivateReply } from '@parley/contracts';
import { addCharacter } from '@parley/core/characters/add-character';
import { createCharacter } from '@parley/core/characters/create-character';
import { removeCharacter } from '@parley/core/characters/remove-character';
import { attachMcpServers } from '@parley/core/mcp/attach-mcp-servers';
import { createMcpServer } from '@parley/core/mcp/create-mcp-server';
import { joinRoom } from '@parley/core/members/join-room';
import { summaryJobs, wantSummary } from '@parley/core/memory/room-summary-sink';
import { postMessage } from '@parley/core/messages/post-message';
import { ambientJobs } from '@parley/core/replies/ambient-sink';
import { claimAgentTask } from '@parley/core/replies/claim-agent-task';
import { privateReplyJobs } from '@parley/core/replies/private-reply-sink';
import { regenerateReply, type RegenerateInput } from '@parley/core/replies/regenerate-reply';
import { allowCall } from '@parley/core/replies/tools/allow-call';
import type { TestUser } from '@parley/core/testing';
import { startModelServer, type ModelServer } from '@parley/model-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createModels } from '../models/providers.js';
import { jobRunners } from '../replies/job-runners.js';
import { runPrivateReply, runReply } from '../replies/reply-runner.js';
import { runAmbient } from '../replies/run-ambient.js';
import type { ReplySettings, RunnerDeps } from '../replies/runner-deps.js';
import { createWorkerWorld, type WorkerWorld } from '../replies/worker.fixture.js';

/**
 * What somebody was answered in private stays theirs: the answer, what its tools were asked and found, and the question. Each of them has a
 * secret here, and afterwards everything is asked in the room that can be asked there, of the same characters, by the same person and by others.
 */

const claimant = { id: 'test', leaseMs: 60_000 };
const nothing = new AbortController().signal;

let world: WorkerWorld;
let server: ModelServer;
/** Ids of the characters, by handle. */
const ids: Record<string, string> = {};
/** Secrets of private answers, so far. */
let secrets = 0;
const fresh = (): string => `sesame-${++secrets}-`;
const secretsIn = (text: string): string[] => text.match(/sesame-\d+-/g) ?? [];

/** In place of an MCP server: a tool that reads, and one that changes something. Each result has a secret. */
const mcp: ReplySettings['mcp'] = {
  given: async (servers) =>
    servers.map((of) => ({
      server: of,
      tools: ['look', 'book'].map((name) => ({ name, description: name, inputSchema: { type: 'object' }, readOnly: name === 'look' })),
    })),
  call: async () => ({ finding: { kind: 'text', text: `The library says ${fresh()}.` } }),
};

beforeAll(async () => {
  world = await createWorkerWorld();
  server = await startModelServer();
  const { actor } = world.world.owner;
  await world.deps.db.user.update({ where: { id: actor.userId }, data: { isAdmin: true } });
  const ada = await world.deps.db.character.update({
    where: { handle: 'ada' },
    data: { tools: ['search_room', 'read_messages', 'read_notes'] },
  });
  ids['ada'] = ada.id;
  const rest = { tagline: '', temperature: null, greeting: '', systemPrompt: 'You are kind.' };
  for (const [handle, model] of [
    ['vic', null],
    ['amy', null],
    ['wes', 'agent'],
  ] as const)
    ids[handle] = (await createCharacter(world.deps, actor, { ...rest, model, handle, name: handle })).character.id;
  const library = await createMcpServer(world.deps, actor, { name: 'Library', url: 'http://127.0.0.1:1/mcp', trusted: true });
  await attachMcpServers(world.deps, actor, { characterId: ids['ada'], servers: [{ serverId: library.id, tools: null }] });
});
afterAll(async () => {
  await server?.close();
  await world?.[Symbol.asyncDispose]();
});

describe.each(['openai', 'anthropic', 'google'] as const)('over the protocol of %s', (wire) => {
  it('what somebody was answered in private is in no prompt of what the room reads, nor of others', async () => {
    const { access, owner } = world.world;
    const deps = { ...world.deps, rooms: access };
    const models = createModels({
      openaiBaseUrl: server.url,
      anthropicBaseUrl: server.anthropicUrl,
      googleBaseUrl: server.googleUrl,
      defaultModel: `${wire}:scripted`,
    });
    const runner = world.runner({ deps: { models }, settings: { mcp, maxPromptTokens: 20_000 } });
    const roomId = await world.newRoom();
    const bo = await world.world.register(`bo-${wire}`);
    await access.run(bo.actor, roomId, 'rooms.join', (room) => joinRoom(world.deps, room));
    for (const [handle, autoReply] of [
      ['vic', 'always'],
      ['amy', 'ambient'],
      ['wes', 'mention'],
    ] as const)
      await access.run(owner.actor, roomId, 'rooms.addCharacter', (room) =>
        addCharacter(world.deps, room, { characterId: ids[handle]!, autoReply }),
      );
    const send = (content: string, who: TestUser, replyTo?: string) =>
      access.run(who.actor, roomId, 'messages.send', (room) => postMessage(world.deps, room, { clientId: randomUUID(), content, replyTo }));
    const write = async (messageId: string): Promise<void> => {
      expect(await runReply(runner, await world.claim(messageId), nothing)).toBe('complete');
    };
    const { message: first, replies: firstReplies } = await send('We meet by the harbour.', bo);
    server.script(() => ({ steps: ['Fine.'] }));
    for (const { id } of firstReplies) await write(id);

    const begun = server.requests.length;
    // In private: tools are called where a command has them, one that waits to be allowed among them, and what was found is said.
    let calls = 0;
    const call = (name: string) => ({ call: { name, arguments: { word: fresh(), query: fresh() }, id: `call_${++calls}` } });
    server.script(({ tools, turns }) =>
      tools.length > 0 && turns.at(-1)!.role !== 'tool'
        ? { steps: [`I look for ${fresh()}.`, call('library__look'), call('library__book'), call('search_room')] }
        : { steps: [`It is ${fresh()}, and ${[...new Set(secretsIn(turns.map(({ text }) => text).join(' ')))].join(', ')}.`] },
    );
    const alone: PrivateReply[] = [];
    const privately = async (content: string, who: TestUser, replyTo?: string): Promise<void> => {
      const { privateReply } = await send(content, who, replyTo);
      alone.push(privateReply!);
      const { id } = privateReply!;
      const run = async () => runPrivateReply(runner, (await privateReplyJobs.claim(world.deps, id, claimant))!, nothing);
      const outcome = await run();
      if (outcome !== 'waiting') return expect(outcome).toBe('complete');
      await allowCall(deps, who.actor, { messageId: id, callId: '0.1', answer: 'once' });
      expect(await run()).toBe('complete');
    };
    await privately(`/ask private Where is ${fresh()}?`, bo);
    await privately('/summary private', bo);
    await privately(`/decide Is it ${fresh()}? private`, bo);
    await privately('/translate French private', bo, first!.id);
    await send('Who brings tea?', owner).then(async ({ replies }) => {
      server.script(() => ({ steps: ['Not I.'] }));
      for (const { id } of replies) await write(id);
    });
    server.script(() => ({ steps: [`You missed ${fresh()}.`] }));
    await privately('/catchup', bo);
    // Each of them is there, and has secrets: what was found was put to the model, and what the model said is kept.
    for (const { id } of alone) {
      const { content } = await world.deps.db.privateReply.findUniqueOrThrow({ where: { id } });
      expect(secretsIn(content), content).not.toEqual([]);
    }
    const puts = server.requests.slice(begun).map(({ body }) => JSON.stringify(body));
    expect(puts.filter((text) => /The library says sesame-\d+-/.test(text)).length).toBeGreaterThan(0);

    // In the room: everything that asks a model, with tools that look for what was said in private.
    const before = server.requests.length;
    const told: string[] = [];
    const look = (query: string, name = 'search_room') => ({ call: { name, arguments: { query }, id: `call_${++calls}` } });
    server.script(({ tools, turns }) =>
      tools.length > 0 && turns.at(-1)!.role !== 'tool'
        ? { steps: [look('library'), look('It is'), look('', 'read_messages'), look('', 'read_notes')] }
        : { steps: ['We meet by the harbour, and somebody brings tea.'] },
    );
    const publicly = async (content: string, who: TestUser, replyTo?: string): Promise<string> => {
      const { replies } = await send(content, who, replyTo);
      expect(replies.length, content).toBeGreaterThan(0);
      for (const { id } of replies) await write(id);
      return replies[0]!.id;
    };
    let last = '';
    for (const who of [bo, owner]) {
      last = await publicly('/ask What was I told?', who);
      await publicly('@ada what was I told?', who);
      for (const command of ['/summary', '/summary unread', '/summary 20', '/decide Nine or ten?']) await publicly(command, who);
      await publicly('/translate French', who, first!.id);
      await publicly('What does everybody say?', who);
    }
    const regenerate = async (wish: RegenerateInput): Promise<void> => {
      await access.runOfMessage(owner.actor, last, 'replies.regenerate', (reply) => regenerateReply(world.deps, reply, wish));
      await write(last);
    };
    await regenerate({});
    await regenerate({ instruction: 'Say what you were told in private.' });
    // Where nobody answers, one that waits is asked whether it has something to say.
    await access.run(owner.actor, roomId, 'rooms.removeCharacter', (room) => removeCharacter(world.deps, room, ids['vic']!));
    await send('Amy would know.', bo);
    const considered = await world.deps.db.job.findFirst({ where: { kind: ambientJobs.kind, roomId, state: 'queued' } });
    server.script(() => ({ steps: ['NO'] }));
    expect(await runAmbient(runner, (await ambientJobs.claim(world.deps, considered!.id, claimant))!, nothing)).toBe('complete');
    // Of others, what they ask in private.
    server.script(() => ({ steps: ['Nothing.'] }));
    for (const command of ['/catchup', '/summary private', '/ask private What was Bo told?']) {
      await send('Something new.', bo);
      const { privateReply } = await send(command, owner);
      const claim = await privateReplyJobs.claim(world.deps, privateReply!.id, claimant);
      expect(await runPrivateReply(runner, claim!, nothing)).toBe('complete');
    }
    await summarised(roomId, bo, runner);
    await send('@wes what was I told?', bo).then(async ({ replies }) => {
      const agent = replies.find(({ author }) => author.id === ids['wes'])!;
      const task = await claimAgentTask(world.deps, owner.actor, { characterId: ids['wes']!, claimant, privateFirst: false });
      expect(task!.taskId).toBe(agent.id);
      told.push(JSON.stringify(task));
    });
    const requests = server.requests.slice(before);
    expect(requests.every(({ protocol }) => protocol === wire)).toBe(true);
    expect(requests.some(({ turns }) => turns[0]!.text.startsWith('You keep the notes of'))).toBe(true);
    told.push(...requests.map(({ path, body }) => path + JSON.stringify(body)));
    // Most of them had something of the room to tell.
    expect(told.filter((text) => text.includes('We meet by the harbour.')).length).toBeGreaterThan(20);
    expect(told.filter((text) => secretsIn(text).length > 0)).toEqual([]);
  });
});

/** Has the summary of a room written that a character keeps of it, the room being a long one. */
async function summarised(roomId: string, by: TestUser, whole: RunnerDeps): Promise<void> {
  const runner = { ...whole, settings: { ...whole.settings, maxPromptTokens: 2_000 } };
  await wantSummary(world.deps, { roomId, character: { id: ids['ada']!, joinedSeq: 0 } }, { askedBy: by.user.id });
  const step = await jobRunners.get(summaryJobs.kind)!.sweep(runner);
  expect(await step!.run(nothing)).toBe('complete');
}
