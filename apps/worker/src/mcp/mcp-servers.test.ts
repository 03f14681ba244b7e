import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GivenServer } from '@parley/core/mcp/reachable-servers';
import { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import type { Resolve } from '@parley/core/webhooks/webhook-target';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startMcpFixture, text, type FixtureServer, type FixtureTool } from '../../../../tests/e2e/harness/mcp-server.js';
import { McpServers, type McpServersOptions } from './mcp-servers.js';
import { mcpTools } from './mcp-tools.js';

const never = new AbortController().signal;
let fixture: FixtureServer;
beforeAll(async () => {
  fixture = await startMcpFixture();
});
afterAll(() => fixture?.[Symbol.asyncDispose]());
beforeEach(() => {
  fixture.tools = [reading('look')];
  fixture.instead = () => false;
  fixture.requests.length = 0;
  fixture.calls.length = 0;
});

const reading = (name: string, more: Partial<FixtureTool> = {}): FixtureTool => ({ name, annotations: { readOnlyHint: true }, ...more });
const server = (changes: Partial<GivenServer> = {}): GivenServer => ({
  id: 'a5f5c8a8-0000-4000-8000-000000000000',
  name: 'Wiki',
  url: fixture.url,
  command: null,
  header: null,
  trusted: true,
  version: 1,
  only: null,
  ...changes,
});
function servers(options: Partial<McpServersOptions> = {}) {
  const made = new McpServers({
    allowed: new AllowedAddresses(['127.0.0.1']),
    commands: {},
    log: { info() {}, warn() {}, error() {} },
    backoff: { firstMs: 3_600_000, maxMs: 3_600_000 },
    ...options,
  });
  onTestFinished(() => made.close());
  return made;
}
/** The tools as a model is given them. */
const toolsOf = async (made: McpServers, given: GivenServer[] = [server()], maxTokens = 100_000) =>
  mcpTools(made, await made.given(given, never), { nonce: 'nnnn', maxTokens });
const said = (result: { finding: unknown }) => (result.finding as { text: string }).text;
const problem = async (made: McpServers, given = server()) => (await made.check(given, never)).problem;
/** Whether a request calls this method of the protocol. */
const calls = (body: unknown, method: string): boolean => (body as { method?: string } | undefined)?.method === method;

describe('what a server offers', () => {
  it('is at most a hundred tools, each once, and forty of them for a model, within its tokens', async () => {
    fixture.tools = Array.from({ length: 500 }, (_, at) => reading(`tool_${at % 300}`, { description: 'x'.repeat(1_500) }));
    const made = servers();
    const { tools } = await made.check(server(), never);
    expect([tools.length, tools[0]!.description.length]).toEqual([100, 1_000]);
    const given = await toolsOf(made);
    expect(given.map(({ name }) => name)).toEqual(Array.from({ length: 40 }, (_, at) => `wiki__tool_${at}`));
    const few = await toolsOf(made, [server()], 1_000);
    expect(few.length).toBeGreaterThan(0);
    expect(few.length).toBeLessThan(10);
  });

  it('has names that all providers take, and no two tools have the same', async () => {
    const odd = ['a.b', 'a b', 'ä', '检索', 'look', 'x'.repeat(128), `${'x'.repeat(127)}y`, '__proto__', 'drop table'];
    fixture.tools = odd.map((name) => reading(name));
    const other = server({ id: 'b5f5c8a8-0000-4000-8000-000000000000', name: 'wiki!' });
    const third = server({ id: 'c5f5c8a8-0000-4000-8000-000000000000', name: '図書館 9' });
    const names = (await toolsOf(servers(), [server(), other, third])).map(({ name }) => name);
    expect(names).toHaveLength(3 * odd.length);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/);
    expect(names.at(-5)).toMatch(/^mcp_9__look$/);
  });

  it('calls the tool that was meant, whatever its name became', async () => {
    fixture.tools = ['a.b', 'a b'].map((name) => reading(name, { run: () => text(`this is ${name}`) }));
    const tools = await toolsOf(servers());
    expect(await Promise.all(tools.map(async (tool) => said(await tool.call({}, never))))).toEqual(['this is a.b', 'this is a b']);
  });

  it('has of its schemas what all providers take', async () => {
    const deep = (levels: number): object => ({ type: 'object', properties: levels > 0 ? { in: deep(levels - 1) } : {} });
    fixture.tools = [
      reading('odd', {
        inputSchema: {
          type: 'object',
          $defs: {
            kind: { enum: ['a', 'b', 3] },
            loop: { $ref: '#/$defs/loop' },
            self: { type: 'object', properties: { self: { $ref: '#/$defs/self' } } },
          },
          properties: {
            kind: { $ref: '#/$defs/kind', description: 'lost' },
            loop: { $ref: '#/$defs/loop' },
            away: { $ref: 'https://evil.example/schema' },
            maybe: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
            either: { oneOf: [{ type: 'string' }, { type: 'array' }] },
            list: { type: ['array', 'null'], items: { type: 'string', pattern: '(a+)+$' } },
            free: {},
            'odd name!': { type: 'string' },
          },
          required: ['kind', 'odd name!', 'missing'],
          allOf: [{ required: ['free'] }],
          additionalProperties: false,
        },
      }),
      reading('deep', { inputSchema: deep(60) as Record<string, unknown> }),
      reading('huge', {
        inputSchema: {
          type: 'object',
          properties: Object.fromEntries(
            Array.from({ length: 500 }, (_, at) => [`p${at}`, { type: 'string', description: 'y'.repeat(900) }]),
          ),
        },
      }),
    ];
    const tools = await toolsOf(servers());
    expect(tools.map(({ name }) => name)).toEqual(['wiki__odd', 'wiki__deep', 'wiki__huge']);
    expect(tools[0]!.inputSchema).toEqual({
      type: 'object',
      properties: {
        kind: { type: 'string', enum: ['a', 'b'] },
        loop: { type: 'string' },
        away: { type: 'string' },
        maybe: { type: 'integer' },
        either: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
        list: { type: 'array', items: { type: 'string' } },
        free: { type: 'string' },
      },
      required: ['kind'],
    });
    for (const { inputSchema } of tools) expect(JSON.stringify(inputSchema).length).toBeLessThan(8_000);
  });

  it('counts as changing something, unless the server is trusted and says that it only reads', async () => {
    fixture.tools = [reading('look'), { name: 'write' }];
    const made = servers();
    const kinds = async (trusted: boolean) =>
      (await toolsOf(made, [server({ trusted })])).map(({ changes, repeatable }) => ({ changes, repeatable }));
    const [reads, writes] = [
      { changes: false, repeatable: true },
      { changes: true, repeatable: false },
    ];
    expect(await kinds(true)).toEqual([reads, writes]);
    expect(await kinds(false)).toEqual([writes, writes]);
    expect((await toolsOf(made)).map(({ permission }) => permission)).toEqual([`mcp:${server().id}:look`, `mcp:${server().id}:write`]);
  });

  it('is narrowed to the tools that the character is given', async () => {
    fixture.tools = [reading('look'), reading('listen')];
    expect((await toolsOf(servers(), [server({ only: ['listen', 'gone'] })])).map(({ name }) => name)).toEqual(['wiki__listen']);
  });
});

describe('what a server answers', () => {
  const run = async (result: FixtureTool['run']) => {
    fixture.tools = [reading('look', { run: result! })];
    return servers().call(server(), 'look', {}, never);
  };

  it('is text; of anything else it says what that is', async () => {
    const png = Buffer.alloc(3_000).toString('base64');
    const result = await run(() => ({
      content: [
        { type: 'text', text: 'one' },
        { type: 'image', mimeType: 'image/png', data: png },
        { type: 'resource', resource: { uri: 'file:///a', text: 'two' } },
        { type: 'resource', resource: { uri: 'file:///b', blob: png, mimeType: 'application/zip' } },
        { type: 'resource_link', uri: 'https://a.example/', name: 'three\nfour' },
      ],
    }));
    expect(said(result)).toBe(
      'one\n[image (image/png, 3 kB), left out]\ntwo\n[file (application/zip, 3 kB), left out]\n[three four: https://a.example/]',
    );
    expect(said(await run(() => ({ content: [], structuredContent: { high: 330 } })))).toBe('{"high":330}');
    expect(said(await run(() => ({ content: [] })))).toBe('It gave nothing.');
  });

  it('holds no secret that the server was sent', async () => {
    const header = { name: 'Authorization', value: 'Bearer 0123456789abcdef' };
    const made = servers();
    fixture.tools = [
      reading('look', { description: `Speaks for ${header.value}.`, run: () => text(`You are ${header.value}, 0123456789abcdef.`) }),
      reading('fail', { run: () => Promise.reject(new Error('no access for 0123456789abcdef')) }),
    ];
    const given = server({ header });
    expect((await made.check(given, never)).tools[0]!.description).toBe('Speaks for [secret].');
    expect(said(await made.call(given, 'look', {}, never))).toBe('You are [secret], [secret].');
    expect(said(await made.call(given, 'fail', {}, never))).toBe('“Wiki”: It refused: no access for [secret]');
  });

  it('is left out where it is nested too deeply to be written again', async () => {
    const deep = `${'{"in":'.repeat(20_000)}{}${'}'.repeat(20_000)}`;
    fixture.instead = (_request, response, body) => {
      if (!calls(body, 'tools/call')) return false;
      const { id } = body as { id: number };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"jsonrpc":"2.0","id":${id},"result":{"content":[],"structuredContent":${deep}}}`);
      return true;
    };
    expect(said(await run(() => text('')))).toBe('[an object that is nested too deeply, left out]');
  });

  it('is a failure where the tool says so, the server refuses, or has no such tool any more', async () => {
    expect(await run(() => ({ ...text('No such page.'), isError: true }))).toEqual({
      finding: { kind: 'text', text: 'No such page.' },
      failed: true,
    });
    expect(await run(() => Promise.reject(new Error('the disk\nis full')))).toEqual({
      finding: { kind: 'text', text: '“Wiki”: It refused: the disk is full' },
      failed: true,
    });
    const made = servers();
    const [tool] = await toolsOf(made);
    fixture.tools = [];
    expect(await tool!.call({}, never)).toMatchObject({ failed: true, finding: { text: '“Wiki”: It refused: no tool look' } });
  });

  it('is read up to a megabyte', async () => {
    expect(said(await run(() => text('x'.repeat(100_000))))).toHaveLength(32_000);
    const result = await run(() => text('x'.repeat(3_000_000)));
    expect(result).toEqual({
      finding: { kind: 'text', text: '“Wiki”: It answered with more than 1024 kB, which is not read.' },
      failed: true,
    });
  });

  it('is waited for until the caller gives up', async () => {
    fixture.tools = [reading('look', { run: () => new Promise<never>(() => {}) })];
    const made = servers();
    const stop = new AbortController();
    const result = made.call(server(), 'look', {}, stop.signal);
    await vi.waitFor(() => expect(fixture.calls).toHaveLength(1), { timeout: 60_000 });
    stop.abort(new Error('stopped'));
    await expect(result).rejects.toThrow('stopped');
  });
});

describe('a server that misbehaves', () => {
  const replying = (status: number, headers: Record<string, string>, body: string) => {
    fixture.instead = (_request, response) => {
      response.writeHead(status, headers).end(body);
      return true;
    };
  };

  it.each([
    ['garbage', 200, { 'content-type': 'application/json' }, 'no json', 'It answered with something that is no MCP.'],
    [
      'garbage in a stream',
      200,
      { 'content-type': 'text/event-stream' },
      'event: message\ndata: {"a":\n\n',
      'It answered with something that is no MCP.',
    ],
    ['a page', 200, { 'content-type': 'text/html' }, '<p>Hello', 'It does not answer as an MCP server does.'],
    ['an error', 500, {}, 'secret', 'It does not answer as an MCP server does (HTTP 500).'],
    ['a refusal', 401, {}, '', 'It refused the secret, or wants one (HTTP 401). OAuth is not spoken.'],
    [
      'too much',
      200,
      { 'content-type': 'application/json' },
      `"${'x'.repeat(2_000_000)}"`,
      'It answered with more than 1024 kB, which is not read.',
    ],
    [
      'something packed',
      200,
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      'x',
      'It answered in a form that was not asked for.',
    ],
  ] as const)('%s is told as what it is, and its tools are away', async (_, status, headers, body, expected) => {
    replying(status, headers, body);
    const made = servers();
    expect(await problem(made)).toBe(expected);
    expect(await made.given([server()], never)).toEqual([]);
    expect(await made.call(server(), 'look', {}, never)).toMatchObject({ failed: true });
    // It is left alone for a while.
    expect(fixture.requests).toHaveLength(1);
  });

  it('that asks instead of answering is answered a few times, then left', async () => {
    let replies = 0;
    fixture.instead = (_request, response, body) => {
      if (!calls(body, 'tools/call')) {
        if (typeof body !== 'object' || body === null || 'method' in body) return false;
        replies++;
        response.writeHead(202).end();
        return true;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let id = 0; id < 5_000; id++) response.write(`data: {"jsonrpc":"2.0","id":${id},"method":"ping"}\n\n`);
      return true;
    };
    expect(await servers().call(server(), 'look', {}, never)).toEqual({
      finding: { kind: 'text', text: '“Wiki”: It asked more than it answered.' },
      failed: true,
    });
    expect(replies).toBeLessThanOrEqual(8);
  });

  it('gives no tools while it is silent, and whoever asked for an answer may stop waiting', async () => {
    fixture.instead = () => true;
    const stop = new AbortController();
    const given = servers().given([server()], stop.signal);
    await vi.waitFor(() => expect(fixture.requests).toHaveLength(1), { timeout: 60_000 });
    stop.abort(new Error('stopped'));
    await expect(given).rejects.toThrow('stopped');
  });

  it('that is away is one problem; the others keep their tools', async () => {
    const closed = createServer();
    await new Promise<void>((done) => {
      closed.listen(0, '127.0.0.1', done);
    });
    const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/mcp`;
    await new Promise((done) => {
      closed.close(done);
    });
    const away = server({ id: 'd5f5c8a8-0000-4000-8000-000000000000', name: 'Away', url });
    const made = servers();
    expect(await problem(made, away)).toBe('“Away” could not be reached (ECONNREFUSED).');
    expect((await toolsOf(made, [away, server()])).map(({ name }) => name)).toEqual(['wiki__look']);
  });

  it('that was started anew is asked again, once, because it did nothing', async () => {
    fixture.tools = [reading('look', { run: () => text('seen') })];
    const made = servers();
    await made.given([server()], never);
    fixture.forget();
    expect(said(await made.call(server(), 'look', {}, never))).toBe('seen');
    expect(fixture.calls).toHaveLength(1);
  });

  it('is connected to once, however many ask, and anew when it was changed', async () => {
    const made = servers();
    await Promise.all(Array.from({ length: 5 }, () => made.given([server()], never)));
    const begun = () => fixture.requests.filter(({ body }) => calls(body, 'initialize')).length;
    expect(begun()).toBe(1);
    await made.given([server({ version: 2, header: { name: 'X-Key', value: 'new' } })], never);
    expect(begun()).toBe(2);
    expect(fixture.requests.at(-1)!.headers['x-key']).toBe('new');
  });

  it('is let finish a call although an admin checks it meanwhile', async () => {
    let finish = (): void => {};
    fixture.tools = [reading('look', { run: () => new Promise((resolve) => (finish = () => resolve(text('seen')))) })];
    const made = servers();
    const result = made.call(server(), 'look', {}, never);
    await vi.waitFor(() => expect(fixture.calls).toHaveLength(1), { timeout: 60_000 });
    expect(await problem(made)).toBeNull();
    finish();
    expect(said(await result)).toBe('seen');
    await vi.waitFor(() => expect(fixture.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1), { timeout: 60_000 });
  });

  it('is asked again for its tools when the list is old', async () => {
    const made = servers({ listedMs: 0 });
    expect((await toolsOf(made)).map(({ name }) => name)).toEqual(['wiki__look']);
    fixture.tools = [reading('listen')];
    expect((await toolsOf(made)).map(({ name }) => name)).toEqual(['wiki__listen']);
  });

  it('is left after some time without use', async () => {
    const made = servers({ idleMs: 1 });
    await made.given([server()], never);
    await vi.waitFor(() => expect(fixture.requests.some(({ method }) => method === 'DELETE')).toBe(true), { timeout: 60_000 });
  });
});

describe('where a call may go', () => {
  it('is no private network, whatever a name leads to when it is called', async () => {
    const refusal = (host: string) =>
      `The host ${host} was not found, or is on a private network. Whoever runs this server may allow it by WEBHOOK_ALLOW_PRIVATE.`;
    expect(await problem(servers({ allowed: new AllowedAddresses([]) }))).toBe(
      'The host 127.0.0.1 is on a private network. Whoever runs this server may allow it by WEBHOOK_ALLOW_PRIVATE.',
    );
    const { port } = new URL(fixture.url);
    const named = server({ url: `http://wiki.example:${port}/mcp` });
    let address = '127.0.0.1';
    const resolve: Resolve = async () => [{ address }];
    const made = servers({ resolve });
    expect((await made.given([named], never)).map(({ tools }) => tools.length)).toEqual([1]);
    const before = fixture.requests.length;
    address = '10.0.0.7';
    expect(await made.call(named, 'look', {}, never)).toEqual({
      finding: { kind: 'text', text: '“Wiki”: It could not be reached.' },
      failed: true,
    });
    expect(fixture.requests).toHaveLength(before);
    expect(await problem(servers({ resolve }), named)).toBe(refusal('wiki.example'));
  });

  it('is no other host, by a redirect, and the secret goes nowhere else', async () => {
    const asked: unknown[] = [];
    const elsewhere = createServer((request, response) => {
      asked.push(request.headers);
      response.end();
    });
    await new Promise<void>((done) => {
      elsewhere.listen(0, '127.0.0.1', done);
    });
    onTestFinished(() => void elsewhere.close());
    const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/mcp`;
    fixture.instead = (_request, response) => {
      response.writeHead(307, { location }).end();
      return true;
    };
    expect(await problem(servers(), server({ header: { name: 'Authorization', value: 'Bearer s3cret' } }))).toBe(
      'It does not answer as an MCP server does (HTTP 307).',
    );
    expect(asked).toEqual([]);
  });

  it('is asked by POST alone, and no stream stays open', async () => {
    await servers().given([server()], never);
    expect(fixture.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST']);
  });
});
