import { randomUUID } from 'node:crypto';
import type { LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { attachMcpServers } from '@parley/core/mcp/attach-mcp-servers';
import { createMcpServer, type McpServerInput } from '@parley/core/mcp/create-mcp-server';
import { loadReceipt } from '@parley/core/replies/reply-receipt';
import { placeCharacter } from '@parley/core/testing';
import { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { runReply } from '../replies/reply-runner.js';
import { createWorkerWorld, finish, usage, type WorkerWorld } from '../replies/worker.fixture.js';
import { startMcpFixture, text, type FixtureServer } from '../../../../tests/e2e/harness/mcp-server.js';
import { McpServers } from './mcp-servers.js';

let world: WorkerWorld;
let fixture: FixtureServer;
let servers: McpServers;
let roomId: string;
let handle: string;
let characterId: string;
beforeAll(async () => {
  world = await createWorkerWorld();
  await world.deps.db.user.update({ where: { id: world.world.owner.actor.userId }, data: { isAdmin: true } });
  fixture = await startMcpFixture();
  servers = new McpServers({ allowed: new AllowedAddresses(['127.0.0.1']), commands: {}, log: world.deps.log });
});
afterAll(async () => {
  await servers?.close();
  await fixture?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  fixture.tools = [];
  fixture.instead = () => false;
  roomId = await world.newRoom();
  handle = `scout-${randomUUID().slice(0, 8)}`;
  characterId = await placeCharacter(world.deps, roomId, { handle, tools: [] });
});

const give = async (input: Partial<McpServerInput> = {}, tools: string[] | null = null) => {
  const { owner } = world.world;
  const server = await createMcpServer(world.deps, owner.actor, {
    name: `Wiki ${randomUUID().slice(0, 6)}`,
    url: fixture.url,
    trusted: true,
    ...input,
  });
  await attachMcpServers(world.deps, owner.actor, { characterId, servers: [{ serverId: server.id, tools }] });
  return server;
};

/** Has the model call the tool whose name ends so, then say this. */
const calling = (tool: string, input: object, answer: string) => {
  world.model.script = async function* ({ prompt, tools = [] }) {
    const found = tools.find(({ name }) => name.endsWith(tool));
    if (prompt.at(-1)!.role !== 'tool' && found) {
      yield { type: 'tool-call', toolCallId: 'c1', toolName: found.name, input: JSON.stringify(input) };
      yield { type: 'finish', usage, finishReason: { unified: 'tool-calls', raw: 'tool_calls' } } as LanguageModelV3StreamPart;
      return;
    }
    yield answer;
    yield finish;
  };
};

const answer = async () => {
  const reply = await world.ask(roomId, `@${handle} How long does the tower take?`);
  const calls = world.model.calls.length;
  const outcome = await runReply(world.runner({ settings: { mcp: servers } }), await world.claim(reply.id), new AbortController().signal);
  return { reply, outcome, sent: world.model.calls.slice(calls), stored: await world.stored(reply.id) };
};

it('answers with what a tool of a trusted server found, sends it the arguments alone, and says in the receipt what was called', async () => {
  fixture.tools = [
    {
      name: 'look_up',
      description: 'Looks up a page.',
      inputSchema: { type: 'object', properties: { page: { type: 'string' } }, required: ['page'] },
      annotations: { readOnlyHint: true },
      run: ({ page }) => text(`${String(page)} is 330 metres high.`),
    },
  ];
  await give({ name: 'Wiki', header: { name: 'Authorization', value: 'Bearer s3cret' } });
  calling('look_up', { page: 'The tower' }, 'It is 330 metres high.');
  const before = fixture.requests.length;
  const { reply, outcome, sent, stored } = await answer();
  expect({ outcome, content: stored.content }).toEqual({ outcome: 'complete', content: 'It is 330 metres high.' });
  expect(sent[0]!.tools).toEqual([
    {
      type: 'function',
      name: 'wiki__look_up',
      description: expect.stringMatching(/^<described-\w+ server="Wiki">\nLooks up a page\.\n<\/described-\w+>$/),
      inputSchema: { type: 'object', properties: { page: { type: 'string' } }, required: ['page'] },
    },
  ]);
  const [, result] = sent;
  expect(JSON.stringify(result!.prompt.at(-1))).toMatch(
    /<result-\w+ tool=\\"wiki__look_up\\">\\nThe tower is 330 metres high\.\\n<\/result-\w+>/,
  );
  expect(fixture.calls).toEqual([{ name: 'look_up', args: { page: 'The tower' } }]);
  const requests = fixture.requests.slice(before);
  expect(requests.every(({ headers }) => headers.authorization === 'Bearer s3cret' && !('cookie' in headers))).toBe(true);
  const told = JSON.stringify(requests);
  for (const secret of [roomId, reply.id, handle, world.world.owner.actor.userId, 'How long']) expect(told).not.toContain(secret);
  const receipt = await loadReceipt({ ...world.deps, rooms: world.world.access }, world.world.owner.actor, { messageId: reply.id });
  expect(receipt).toMatchObject({
    tools: [{ tool: 'wiki__look_up', asked: 'page: The tower', state: 'done', text: 'The tower is 330 metres high.' }],
  });
});
