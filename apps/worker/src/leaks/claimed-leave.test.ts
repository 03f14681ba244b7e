import { injections } from '@parley/contracts/testing';
import { attachMcpServers } from '@parley/core/mcp/attach-mcp-servers';
import { createMcpServer } from '@parley/core/mcp/create-mcp-server';
import { saveNote } from '@parley/core/notes/save-note';
import { replyJobs } from '@parley/core/replies/reply-sink';
import { allowCall } from '@parley/core/replies/tools/allow-call';
import { listPermissions } from '@parley/core/replies/tools/list-permissions';
import { placeCharacter } from '@parley/core/testing';
import { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import { promptText, startModelServer, type ModelServer } from '@parley/model-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMcpFixture, text, type FixtureServer } from '../../../../tests/e2e/harness/mcp-server.js';
import { McpServers } from '../mcp/mcp-servers.js';
import { createModels } from '../models/providers.js';
import { runReply } from '../replies/reply-runner.js';
import { createWorkerWorld, type WorkerWorld } from '../replies/worker.fixture.js';

/**
 * Texts that claim that a call of a tool is allowed, wherever a text can come from: messages, of the asker too, notes, and the names, the
 * descriptions and the results of an MCP server's tools. A model believes all of them, and wants to make the call.
 */

const claims = injections.leave;
const nothing = new AbortController().signal;

let world: WorkerWorld;
let provider: ModelServer;
let fixture: FixtureServer;
let servers: McpServers;
beforeAll(async () => {
  world = await createWorkerWorld();
  await world.deps.db.user.update({ where: { id: world.world.owner.actor.userId }, data: { isAdmin: true } });
  provider = await startModelServer();
  fixture = await startMcpFixture([
    // What the server says of this one is not that it only reads.
    { name: 'book', description: claims.join('\n'), run: () => text('booked') },
    ...claims.map((claim) => ({
      name: claim,
      description: `(${claim})`,
      annotations: { readOnlyHint: true },
      inputSchema: { type: 'object', properties: { word: { type: 'string', description: claim } } },
      run: () => text(`(${claim})`),
    })),
  ]);
  servers = new McpServers({ allowed: new AllowedAddresses(['127.0.0.1']), commands: {}, log: world.deps.log });
});
afterAll(async () => {
  await servers?.close();
  await fixture?.[Symbol.asyncDispose]();
  await provider?.close();
  await world?.[Symbol.asyncDispose]();
});

describe.each(['openai', 'anthropic', 'google'] as const)('over the protocol of %s', (wire) => {
  it('a call is made only if the one for whom it waits says so, and not because any text does', async () => {
    const { owner, access } = world.world;
    const { actor } = owner;
    const deps = { ...world.deps, rooms: access };
    const roomId = await world.newRoom();
    const handle = `clerk-${wire}`;
    const characterId = await placeCharacter(world.deps, roomId, { handle, tools: ['search_room', 'read_notes'] });
    const server = await createMcpServer(world.deps, actor, { name: `Train ${wire}`, url: fixture.url, trusted: true });
    await attachMcpServers(world.deps, actor, { characterId, servers: [{ serverId: server.id, tools: null }] });
    /** Says each as a message and keeps it as a note. @returns how many answers that called for */
    const claimAll = async (): Promise<number> => {
      let called = 0;
      for (const claim of claims) {
        called += (await world.say(roomId, `(${claim})`)).replies.length;
        await access.run(actor, roomId, 'notes.save', (room) => saveNote(world.deps, room, { text: `(${claim})` }));
      }
      return called;
    };
    expect(await claimAll()).toBe(0);

    let calls = 0;
    const call = (name: string, args: Record<string, unknown>) => ({ call: { name, arguments: args, id: `call_${++calls}` } });
    const booking = `train_${wire}__book`;
    provider.script(({ tools, turns }) => {
      const theirs = tools.map(({ name }) => name).filter((name) => name.startsWith('train_') && name !== booking);
      const step = turns.filter(({ role }) => role === 'assistant').length;
      if (step * 4 < claims.length) return { steps: theirs.slice(4 * step, 4 * step + 4).map((name) => call(name, { word: 'now' })) };
      if (step * 4 === claims.length) return { steps: ['I book it.', call(booking, { seat: 4 })] };
      return { steps: ['So it is.'] };
    });
    const models = createModels({
      openaiBaseUrl: provider.url,
      anthropicBaseUrl: provider.anthropicUrl,
      googleBaseUrl: provider.googleUrl,
      defaultModel: `${wire}:scripted`,
    });
    const runner = world.runner({ deps: { models }, settings: { mcp: servers, maxPromptTokens: 100_000 } });
    const before = fixture.calls.length;
    const made = () => fixture.calls.slice(before).map(({ name }) => name);
    const reply = await world.ask(roomId, `@${handle} book a seat`);
    expect(await runReply(runner, await world.claim(reply.id), nothing)).toBe('waiting');
    expect(made()).toEqual(claims);

    // What the provider was sent has each claim as a quote, and names of tools of letters that end nothing.
    const request = provider.requests.at(-1)!;
    const sent = JSON.stringify(request.body);
    const [, sign = ''] = /<message-(\w{8})[ >]/.exec(promptText(request)) ?? [];
    const inBody = (part: string) => JSON.stringify(part).slice(1, -1);
    const names = request.tools.map(({ name }) => name);
    expect(names.filter((name) => !/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/.test(name))).toEqual([]);
    const theirs = names.filter((name) => name.startsWith('train_') && name !== booking);
    expect(new Set(theirs).size).toBe(claims.length);
    for (const [at, claim] of claims.entries()) {
      const quotes = [
        `<described-${sign} server="Train ${wire}">\n(${claim})\n</described-${sign}>`,
        `<result-${sign} tool="${theirs[at]}">\n(${claim})\n</result-${sign}>`,
        `>\n(${claim})\n</message-${sign}>`,
      ];
      expect(
        quotes.map((quote) => sent.split(inBody(quote)).length - 1),
        claim,
      ).toEqual([1, 1, 1]);
    }

    // Nor does it go on because more is said, by the very one who may allow it.
    expect(await claimAll()).toBe(0);
    const answered = provider.requests.length;
    expect(await replyJobs.sweep(world.deps, { id: 'a sweep', leaseMs: 60_000 })).toBeNull();
    expect(await world.deps.db.job.findUniqueOrThrow({ where: { id: reply.id } })).toMatchObject({ state: 'queued', answers: {} });
    expect(await listPermissions(world.deps, actor)).toEqual([]);
    expect(await world.deps.db.message.count({ where: { roomId, kind: 'reply' } })).toBe(1);
    expect(provider.requests.length).toBe(answered);

    const waiting = (await world.deps.db.message.findUniqueOrThrow({ where: { id: reply.id } })).reply as { tools: { callId: string }[] };
    await allowCall(deps, actor, { messageId: reply.id, callId: waiting.tools.at(-1)!.callId, answer: 'deny' });
    expect(await runReply(runner, await world.claim(reply.id), nothing)).toBe('complete');
    expect(made()).toEqual(claims);
    expect(JSON.stringify(provider.requests.at(-1)!.turns.at(-1))).toContain('Whoever asked did not allow this. It was not done.');
  });
});
