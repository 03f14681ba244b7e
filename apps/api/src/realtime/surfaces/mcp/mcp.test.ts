import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { keyScopes, operationNamed, operations, type KeyScope, type MessageView, type OperationName } from '@parley/contracts';
import { privateReplyJobs } from '@parley/core/replies/private-reply-sink';
import { replyJobs } from '@parley/core/replies/reply-sink';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventStreams } from '../../../rest/openapi.js';
import { createTestApi, type TestApi, type TestUser } from '../../../testing/test-api.js';
import { resourceOperations } from './room-resources.js';
import { mcpTools } from './tools.js';

/** The protocol by its own client, and by hand where that would not send it. A worker is played by these tests. */

const worker = { id: 'worker', leaseMs: 60_000 };
const complete = { status: 'complete', model: 'openai:scripted', usage: null, error: null } as const;

describe('/mcp', () => {
  let world: TestApi;
  let olga: TestUser;
  let roomId: string;
  beforeAll(async () => {
    world = await createTestApi({ LIMIT_AI_PER_MIN: '1000' });
    olga = await world.register('olga');
    ({ id: roomId } = await olga.http.rooms.create.mutate({ name: 'Harbour', visibility: 'private' }));
    await olga.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'The ship sails on Friday at noon.' });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  async function connect(token = olga.accessToken) {
    const client = new Client({ name: 'test', version: '1' });
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    // The library's types are not written for exactOptionalPropertyTypes.
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${world.api.url}/mcp`), { requestInit }) as Parameters<Client['connect']>[0],
    );
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
  }
  type Connected = Awaited<ReturnType<typeof connect>>;
  const keyWith = async (scopes: KeyScope[], rooms?: string[]) =>
    (await olga.http.keys.create.mutate({ name: 'tools', scopes, ...(rooms && { rooms }) })).key;

  async function use<T = unknown>(client: Connected, name: string, input: object = {}, options: Parameters<Client['callTool']>[2] = {}) {
    const result = await client.callTool({ name, arguments: input as Record<string, unknown> }, undefined, options);
    const [part] = result.content as { type: 'text'; text: string }[];
    return { isError: result.isError ?? false, answer: JSON.parse(part!.text) as T };
  }

  /** Ends the next job of a kind, as a worker does. */
  async function answer(life: typeof replyJobs | typeof privateReplyJobs, content: string): Promise<void> {
    for (;;) {
      const claim = await life.sweep(world.core, worker);
      if (claim) {
        if (life === replyJobs) await replyJobs.end(world.core, claim, { ...complete, content, stoppedBy: null });
        else await privateReplyJobs.end(world.core, claim, { ...complete, content });
        return;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${world.api.url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${olga.accessToken}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const rpc = (method: string, params: object = {}, id: number | string = 1) => ({ jsonrpc: '2.0', id, method, params });

  test('does nothing that REST cannot: each tool is made of operations that REST has', () => {
    const streams = eventStreams.map(({ name }) => name as string);
    const used = [
      ...mcpTools().flatMap((tool) => tool.operations),
      ...resourceOperations,
      'characters.list',
      'rooms.direct',
    ] as OperationName[];
    const without = used.filter((name) => !operationNamed(name).rest && !streams.includes(name));
    expect(without).toEqual([]);
    // What the table names is there, and every tool is named once.
    const named = (Object.keys(operations) as OperationName[]).flatMap((name) => operationNamed(name).mcp ?? []);
    const names = mcpTools().map(({ name }) => name);
    expect(names).toEqual([...named, 'ask_character', 'summarise_room']);
    expect(new Set(names).size).toBe(names.length);
  });

  test('docs/mcp.md names every tool', async () => {
    const page = await readFile(new URL('../../../../../../docs/mcp.md', import.meta.url), 'utf8');
    const documented = [...page.matchAll(/^\| (`[a-z_`, ]+`) \|/gm)].flatMap(([, names]) => names!.match(/\w+/g)!);
    expect(documented.toSorted()).toEqual(
      mcpTools()
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  test('says what each tool takes, in schemas that stand alone', async () => {
    await using client = await connect();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(mcpTools().map(({ name }) => name));
    for (const tool of tools) {
      expect(tool.description).toMatch(/^.{10,200}\.$/);
      expect(JSON.stringify(tool)).not.toMatch(/\$ref|clientId/);
    }
    expect(tools.find(({ name }) => name === 'send_message')).toMatchObject({
      inputSchema: { type: 'object', required: ['roomId', 'content'], additionalProperties: false },
      annotations: { readOnlyHint: false, destructiveHint: false },
    });
    expect(tools.find(({ name }) => name === 'ask_character')).toMatchObject({
      inputSchema: {
        required: ['character', 'question'],
        properties: { roomId: { format: 'uuid', description: expect.stringContaining('one-to-one') as string } },
      },
    });
    expect(tools.find(({ name }) => name === 'search_messages')).toMatchObject({ annotations: { readOnlyHint: true } });
  });

  test('lists, reads, searches and sends as the caller', async () => {
    await using client = await connect();
    expect(await use(client, 'list_rooms')).toMatchObject({
      answer: expect.arrayContaining([expect.objectContaining({ room: expect.objectContaining({ id: roomId }) as unknown })]) as unknown,
    });
    const { answer: sent } = await use<{ message: MessageView }>(client, 'send_message', { roomId, content: 'By a tool.' });
    expect(await use(client, 'get_message', { messageId: sent.message.id })).toMatchObject({
      answer: { content: 'By a tool.', author: { handle: 'olga' } },
    });
    expect(await use(client, 'search_messages', { query: 'ship' })).toMatchObject({
      answer: { items: [{ content: 'The ship sails on Friday at noon.' }] },
    });
    expect(await use(client, 'read_messages', { roomId, limit: 1 })).toMatchObject({ answer: { items: [{ content: 'By a tool.' }] } });
  });

  test('asks a character, and waits for the whole answer', async () => {
    await using client = await connect();
    const asked = use<MessageView>(client, 'ask_character', { character: 'ada', question: 'When does it sail?', roomId });
    await answer(replyJobs, 'On Friday.');
    expect(await asked).toMatchObject({
      isError: false,
      answer: { roomId, content: 'On Friday.', status: 'complete', author: { handle: 'ada' } },
    });
    // Without a room, in the one-to-one room with it; with progress, by a stream.
    const told: unknown[] = [];
    const alone = use<MessageView>(
      client,
      'ask_character',
      { character: '@Ada', question: 'And now?' },
      { onprogress: (progress) => told.push(progress) },
    );
    await answer(replyJobs, 'Now.');
    const { answer: reply } = await alone;
    expect(reply).toMatchObject({ content: 'Now.' });
    expect(reply.roomId).not.toBe(roomId);
    expect(told).toContainEqual({ progress: 0, message: 'waiting for a worker' });
  });

  test('summarises for the caller alone, or for the room', async () => {
    await using client = await connect();
    const alone = use(client, 'summarise_room', { roomId });
    await answer(privateReplyJobs, 'A ship.');
    expect(await alone).toMatchObject({ isError: false, answer: { content: 'A ship.', status: 'complete' } });
    const open = use(client, 'summarise_room', { roomId, private: false });
    await answer(replyJobs, 'A ship, for all.');
    expect(await open).toMatchObject({
      isError: false,
      answer: { content: 'A ship, for all.', status: 'complete', author: { type: 'character' } },
    });
  });

  test('gives what there is when the time is over', async () => {
    await using client = await connect();
    const { answer: reply } = await use<MessageView>(client, 'ask_character', {
      character: 'ada',
      question: 'Slowly?',
      roomId,
      waitSeconds: 1,
    });
    expect(reply.status).toBe('queued');
    await olga.http.replies.stop.mutate({ messageId: reply.id });
  });

  test('rooms are resources: their last messages', async () => {
    await using client = await connect();
    const { resources } = await client.listResources();
    expect(resources).toContainEqual(expect.objectContaining({ uri: `parley://rooms/${roomId}`, name: 'Harbour' }));
    expect((await client.listResourceTemplates()).resourceTemplates).toMatchObject([{ uriTemplate: 'parley://rooms/{roomId}' }]);
    const { contents } = await client.readResource({ uri: `parley://rooms/${roomId}` });
    const items = JSON.parse((contents[0] as { text: string }).text) as MessageView[];
    expect(items.map(({ content }) => content)).toContain('The ship sails on Friday at noon.');
    const sam = await world.register('sam');
    await using stranger = await connect(sam.accessToken);
    for (const uri of [`parley://rooms/${roomId}`, `parley://rooms/${randomUUID()}`, 'parley://rooms/', 'file:///etc/passwd'])
      await expect(stranger.readResource({ uri })).rejects.toMatchObject({ code: -32002 });
  });

  test('a key is offered the tools that its scopes allow, and refused the others', async () => {
    await using client = await connect(await keyWith(['messages:read']));
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain('read_messages');
    expect(names).not.toContain('send_message');
    expect(names).not.toContain('ask_character');
    expect((await client.listResources()).resources).toEqual([]);
    const call = { roomId, content: 'x' };
    expect(await use(client, 'send_message', call)).toEqual({
      isError: true,
      answer: { code: 'FORBIDDEN', message: 'This key has no scope messages:write.' },
    });
    await expect(client.callTool({ name: 'drop_tables' })).rejects.toMatchObject({ code: -32602 });
    // A key of another room is a stranger there.
    const { id: elsewhere } = await olga.http.rooms.create.mutate({ name: 'Elsewhere' });
    await using other = await connect(await keyWith([...keyScopes], [elsewhere]));
    expect(await use(other, 'read_messages', { roomId })).toMatchObject({ isError: true, answer: { code: 'ROOM_NOT_FOUND' } });
    const room = await use<MessageView>(other, 'ask_character', { character: 'ada', question: 'x' });
    expect(room).toMatchObject({ isError: true, answer: { code: 'FORBIDDEN' } });
  });

  describe('by the table of operations', () => {
    const tabled = (Object.keys(operations) as OperationName[]).filter((name) => operationNamed(name).mcp !== undefined);
    let messageId: string;
    let stranger: Connected;
    beforeAll(async () => {
      messageId = (await olga.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'hidden' })).message!.id;
      stranger = await connect((await world.register('stranger')).accessToken);
    });
    afterAll(() => stranger.close());
    const toolOf = (name: OperationName) => mcpTools().find((tool) => tool.name === operationNamed(name).mcp)!;
    const given: Record<string, unknown> = {
      content: 'x',
      emoji: '👍',
      on: true,
      query: 'hidden',
      name: 'Mine',
      text: 'x',
      noteId: randomUUID(),
    };
    /** What a tool needs, and no more. */
    const inputOf = (name: OperationName) =>
      Object.fromEntries((toolOf(name).inputSchema.required ?? []).map((field) => [field, { ...given, roomId, messageId }[field]]));
    const inRoom = tabled.filter((name) => ['room', 'reader', 'self', 'invited'].includes(operationNamed(name).who));

    test.each(inRoom)('%s in a private room is refused to strangers, as if there were none', async (name) => {
      const { isError, answer: error } = await use<{ code: string }>(stranger, toolOf(name).name, inputOf(name));
      expect([isError, error.code]).toEqual([true, 'messageId' in inputOf(name) ? 'MESSAGE_NOT_FOUND' : 'ROOM_NOT_FOUND']);
    });

    test('each takes a key that has its scope, and no other', async () => {
      for (const scope of new Set(tabled.map((name) => operationNamed(name).scope))) {
        await using others = await connect(await keyWith(keyScopes.filter((each) => each !== scope)));
        const offered = (await others.listTools()).tools.map(({ name }) => name);
        for (const name of tabled.filter((each) => operationNamed(each).scope === scope)) {
          expect(offered).not.toContain(toolOf(name).name);
          expect([name, await use(others, toolOf(name).name, inputOf(name))]).toMatchObject([
            name,
            { isError: true, answer: { code: 'FORBIDDEN' } },
          ]);
        }
      }
    });
  });

  test.each([
    ['send_message', {}, 'VALIDATION'],
    ['send_message', { roomId: 'x', content: 'x' }, 'VALIDATION'],
    ['send_message', { roomId: randomUUID(), content: 'x' }, 'ROOM_NOT_FOUND'],
    ['send_message', { roomId: randomUUID(), content: 'x', colour: 'red' }, 'VALIDATION'],
    ['list_public_rooms', { colour: 'red' }, 'VALIDATION'],
    ['ask_character', { character: 'nobody', question: 'x' }, 'CHARACTER_NOT_FOUND'],
    ['ask_character', { character: 'ada', question: 'x', waitSeconds: 0 }, 'VALIDATION'],
    ['ask_character', { character: 'ada', question: 'x', roomId: randomUUID() }, 'ROOM_NOT_FOUND'],
    ['summarise_room', { roomId: randomUUID() }, 'ROOM_NOT_FOUND'],
  ])('a tool that cannot says why: %s %j', async (name, input, code) => {
    await using client = await connect();
    const { isError, answer: error } = await use<{ code: string; message: string }>(client, name, input);
    expect([isError, error.code]).toEqual([true, code]);
    expect(error.message).toMatch(/^.{10,300}\.$/);
  });

  test('whoever is nobody is told so, with how to sign in', async () => {
    const response = await post(rpc('tools/list'), { authorization: 'Bearer none' });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="parley"');
    expect(await response.json()).toMatchObject({ code: 'UNAUTHENTICATED' });
    const get = await fetch(`${world.api.url}/mcp`, { headers: { authorization: `Bearer ${olga.accessToken}` } });
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    expect((await post(rpc('tools/list'), { origin: 'https://evil.example' })).status).toBe(403);
  });

  test('answers in JSON, without a session', async () => {
    const response = await post(rpc('tools/call', { name: 'list_rooms', arguments: {} }));
    expect([response.status, response.headers.get('content-type'), response.headers.get('mcp-session-id')]).toEqual([
      200,
      'application/json',
      null,
    ]);
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text' }] } });
    expect((await post({ jsonrpc: '2.0', method: 'notifications/initialized' })).status).toBe(202);
  });

  test('who hangs up leaves nothing behind', async () => {
    const stop = new AbortController();
    const asked = fetch(`${world.api.url}/mcp`, {
      method: 'POST',
      signal: stop.signal,
      headers: {
        authorization: `Bearer ${olga.accessToken}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify(
        rpc('tools/call', {
          name: 'ask_character',
          arguments: { character: 'ada', question: 'Still there?', roomId },
          _meta: { progressToken: 1 },
        }),
      ),
    });
    await asked;
    await expect.poll(() => world.api.counts().readers).toBe(1);
    stop.abort();
    await expect.poll(() => world.api.counts().readers).toBe(0);
    await answer(replyJobs, 'Yes.');
  });

  test('answers whatever it is sent, and never with 500', async () => {
    const hostile = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record({
          jsonrpc: fc.constant('2.0'),
          id: fc.oneof(fc.integer(), fc.string()),
          method: fc.constantFrom('tools/call', 'resources/read', 'initialize', 'x'),
          params: fc.anything(),
        })
        .map((value) => JSON.stringify(value) ?? ''),
      fc
        .record({
          name: fc.constantFrom(...mcpTools().map(({ name }) => name)),
          arguments: fc.dictionary(fc.constantFrom('roomId', 'messageId', 'content', 'query'), fc.anything()),
        })
        .map((params) => JSON.stringify(rpc('tools/call', params)) ?? ''),
    );
    await fc.assert(
      fc.asyncProperty(hostile, async (body) => {
        const response = await post(body);
        await response.text();
        expect(response.status).toBeLessThan(500);
      }),
      { numRuns: 60 },
    );
    const many = await post(Array.from({ length: 1_000 }, (_, id) => rpc('tools/call', { name: 'list_rooms' }, id)));
    expect(many.status).toBe(400);
    expect(world.logged.filter((line) => line.includes('unexpected error'))).toEqual([]);
  });
});
