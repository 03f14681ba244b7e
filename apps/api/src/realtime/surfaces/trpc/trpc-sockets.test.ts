import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeCodes } from '@parley/contracts';
import { createTRPCClient, createWSClient, httpLink, wsLink, type TRPCClient } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { AppRouter } from '../../../app-router.js';
import { rawCall } from '../../../testing/raw-call.js';
import { createTestApi, type TestApi, type TestUser } from '../../../testing/test-api.js';

describe('a call has its caller’s place in a trace, which its job keeps', () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  let world: TestApi;
  let owner: TestUser;
  beforeAll(async () => {
    world = await createTestApi();
    owner = await world.register('tracy');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** Asks for a reply, and returns the place in a trace that its job is kept with. */
  async function askBy({ rooms, messages }: TRPCClient<AppRouter>): Promise<string | null> {
    const { id: roomId } = await rooms.create.mutate({ name: 'Traced', visibility: 'private' });
    const { replies } = await messages.send.mutate({ roomId, clientId: randomUUID(), content: '/ask who am I?' });
    return (await world.database.db.job.findUniqueOrThrow({ where: { id: replies[0]!.id } })).traceparent;
  }

  async function askOverSocket(headers: Record<string, string>): Promise<string | null> {
    class WebSocketWithHeaders extends WebSocket {
      constructor(url: string, protocols?: string | string[]) {
        super(url, protocols, { headers });
      }
    }
    const client = createWSClient({
      url: `${world.api.url.replace('http', 'ws')}/trpc`,
      WebSocket: WebSocketWithHeaders as unknown as typeof globalThis.WebSocket,
      connectionParams: { accessToken: owner.accessToken },
    });
    try {
      return await askBy(createTRPCClient<AppRouter>({ links: [wsLink({ client })] }));
    } finally {
      await client.close();
    }
  }

  test('over HTTP, the place that the request names', async () => {
    const headers = { authorization: `Bearer ${owner.accessToken}`, traceparent };
    expect(await askBy(createTRPCClient<AppRouter>({ links: [httpLink({ url: `${world.api.url}/trpc`, headers })] }))).toBe(traceparent);
  });

  test('over a WebSocket, the place that the request named which opened it', async () => {
    expect(await askOverSocket({ traceparent })).toBe(traceparent);
  });

  test('over a WebSocket, none if that request named none, or none that can be read', async () => {
    expect(await askOverSocket({})).toBeNull();
    expect(await askOverSocket({ traceparent: traceparent.toUpperCase() })).toBeNull();
  });
});

describe('a socket that does not sign in first is closed with a code, and with the sentence that says what to send', () => {
  const firstFrame = '{"method":"connectionParams","data":{"accessToken":"…"}}';
  const hint = `Open /trpc?connectionParams=1, then send first: ${firstFrame}`;
  let world: TestApi;
  let owner: TestUser;
  beforeAll(async () => {
    world = await createTestApi({ CONNECTION_PARAMS_TIMEOUT_MS: '300' });
    owner = await world.register('wanda');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  async function open(
    path = '/trpc?connectionParams=1',
  ): Promise<{ ws: WebSocket; messages: string[]; closed: Promise<[number, string]> }> {
    const ws = new WebSocket(`${world.api.url.replace('http', 'ws')}${path}`);
    const messages: string[] = [];
    ws.on('message', (data: Buffer) => messages.push(data.toString()));
    const closed = new Promise<[number, string]>((resolve) => ws.once('close', (code, reason) => resolve([code, reason.toString()])));
    await once(ws, 'open');
    return { ws, messages, closed };
  }
  const call = (id: number) => JSON.stringify({ id, method: 'query', params: { path: 'auth.me' } });

  test.each<[name: string, frame: string | Buffer]>([
    ['a call', call(1)],
    ['calls', `[${call(1)},${call(2)}]`],
    ['what is no JSON', '{"method":'],
    ['nothing', ''],
    ['null', 'null'],
    ['a number', '7'],
    ['an object without data', '{"method":"connectionParams"}'],
    ['data that is none', '{"method":"connectionParams","data":7}'],
    ['a token that is no text', '{"method":"connectionParams","data":{"accessToken":7}}'],
    ['bytes', Buffer.from(firstFrame)],
  ])('%s', async (_name, frame) => {
    const { ws, messages, closed } = await open();
    ws.send(frame);
    ws.send(call(3));
    expect(await closed).toEqual([closeCodes.WRONG_FIRST_FRAME, hint]);
    expect(messages).toEqual([]);
  });

  test.each([
    ['silence', '/trpc?connectionParams=1', null, closeCodes.CONNECTION_PARAMS_TIMEOUT],
    ['no token in it', '/trpc?connectionParams=1', '{"method":"connectionParams","data":{}}', closeCodes.SESSION_ENDED],
    ['nobody', '/trpc?connectionParams=1', '{"method":"connectionParams","data":null}', closeCodes.SESSION_ENDED],
    ['an address that announces no such frame', '/trpc', null, closeCodes.SESSION_ENDED],
  ])('%s', async (_name, path, frame, code) => {
    const { ws, closed } = await open(path);
    if (frame !== null) ws.send(frame);
    expect(await closed).toEqual([code, hint]);
  });

  test('a ping may come before it, and a frame that is no call after it closes nothing', async () => {
    const { ws, messages } = await open();
    const answers = async (count: number) => {
      while (messages.length < count) await once(ws, 'message');
      return messages;
    };
    ws.send('PING');
    expect(await answers(1)).toEqual(['PONG']);
    ws.send(JSON.stringify({ method: 'connectionParams', data: { accessToken: owner.accessToken } }));
    ws.send('{"method":');
    for (const hostile of ['['.repeat(200_000), `[${'0,'.repeat(100_000)}0]`]) ws.send(hostile);
    ws.send(call(1));
    const texts = await answers(5);
    expect(texts[2]).toContain('nested 32 deep');
    expect(texts[3]).toContain('too many values');
    expect(texts.map((text) => (JSON.parse(text === 'PONG' ? 'null' : text) as { id?: unknown } | null)?.id)).toEqual([
      undefined,
      null,
      null,
      null,
      1,
    ]);
    ws.terminate();
  });
});

test('an account has so many sockets and streams of events, others have theirs, and one that ends makes room', async () => {
  await using world = await createTestApi({ SOCKETS_PER_ACCOUNT: '2' });
  const [crowd, other] = [await world.register('crowd'), await world.register('other')];
  const open = async (person: TestUser) => {
    const ws = new WebSocket(`${world.api.url.replace('http', 'ws')}/trpc?connectionParams=1`);
    await once(ws, 'open');
    ws.send(JSON.stringify({ method: 'connectionParams', data: { accessToken: person.accessToken } }));
    ws.send(JSON.stringify({ id: 1, method: 'query', params: { path: 'auth.me' } }));
    const outcome = await Promise.race([
      once(ws, 'message').then(() => 'served'),
      new Promise((resolve) => ws.once('close', (code, reason) => resolve([code, reason.toString()]))),
    ]);
    return { ws, outcome };
  };
  const refused = [closeCodes.TOO_MANY_SOCKETS, 'too many sockets of this account: close some'];
  const opened = [await open(crowd), await open(crowd), await open(crowd), await open(other)];
  expect(opened.map(({ outcome }) => outcome)).toEqual(['served', 'served', refused, 'served']);

  const stream = await rawCall(world.api.url, 'subscription', 'inbox.events', { accessToken: crowd.accessToken });
  expect(stream.error?.data).toMatchObject({ appCode: 'RATE_LIMITED', httpStatus: 429 });

  opened[0]!.ws.close();
  await vi.waitFor(() => expect(world.api.counts().sockets).toBe(2));
  const next = await open(crowd);
  expect(next.outcome).toBe('served');
  for (const { ws } of [...opened, next]) ws.terminate();
});
