import { createHmac, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeCodes } from '@parley/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { askableForMemory, keptBytes } from './harness/kept-memory.js';
import { register, type Person } from './harness/person.js';
import { startProcess, type RunningProcess } from './harness/processes.js';
import { encodeFrame, RawSocket } from './harness/raw-socket.js';
import { Talk } from './harness/talk.js';

interface ErrorBody {
  message: string;
  data: { appCode: string; httpStatus: number };
}
interface Answer {
  id?: unknown;
  result?: { type?: string; data?: unknown };
  error?: ErrorBody;
}

/** A batch of 10,000 in one frame, and then some calls. */
const callsPer10s = 20_000;
const sessionSecret = 'a secret for tests, of at least 32 bytes';

describe('bad input', () => {
  let dataDir: string;
  let server: RunningProcess & { url: string };
  let owner: Person;
  let guest: Person;
  let roomId: string;
  let privateRoomId: string;
  let talk: Talk;
  const raw: RawSocket[] = [];
  const tcp: Socket[] = [];

  async function start(): Promise<RunningProcess & { url: string }> {
    const running = startProcess('standalone', {
      PORT: '0',
      DATA_DIR: dataDir,
      SESSION_SECRET: sessionSecret,
      LOG_LEVEL: 'warn',
      CONNECTION_PARAMS_TIMEOUT_MS: '1500',
      LIMIT_SEND_PER_10_S: '100000',
      SOCKET_CALLS_PER_10_S: String(callsPer10s),
      ...askableForMemory,
    });
    const [, url] = await running.printed(/Parley is at (http\S+)/);
    return { ...running, url: url! };
  }

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'parley-bad-input-'));
    server = await start();
    owner = await register(server.url, 'olga');
    guest = await register(server.url, 'gus');
    roomId = (await owner.http.rooms.create.mutate({ name: 'Harbour' })).id;
    privateRoomId = (await owner.http.rooms.create.mutate({ name: 'Cellar', visibility: 'private' })).id;
    await guest.http.rooms.join.mutate({ roomId });
    talk = await Talk.start(owner, guest, roomId);
  });
  afterEach(async () => {
    for (const socket of raw.splice(0)) socket.destroy();
    for (const socket of tcp.splice(0)) socket.destroy();
    await expectUnharmed();
  });
  afterAll(async () => {
    await talk?.stop();
    await Promise.all([owner, guest].map((person) => person?.[Symbol.asyncDispose]()));
    await server?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Expects that the process is up, that other people noticed nothing, and that the server logged no failure of its own. */
  async function expectUnharmed(): Promise<void> {
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
    const { sent, heard, complaints } = await talk.check();
    expect(heard).toEqual(sent);
    expect(complaints).toEqual([]);
    expect(server.output()).not.toMatch(/unexpected error|Unhandled|Uncaught/);
  }

  async function http(path: string, init: RequestInit & { accessToken?: string } = {}): Promise<{ status: number; error: ErrorBody }> {
    const { accessToken, ...rest } = init;
    const headers = {
      'content-type': 'application/json',
      ...(accessToken ? { authorization: `Bearer ${accessToken}` } : {}),
      ...(rest.headers as object),
    };
    const response = await fetch(`${server.url}${path}`, { ...rest, headers });
    const body = (await response.json()) as { error: ErrorBody } | { error: ErrorBody }[];
    const { error } = Array.isArray(body) ? body[0]! : body;
    return { status: response.status, error };
  }
  const post = (path: string, input: unknown, init: RequestInit = {}) =>
    http(path, { method: 'POST', body: JSON.stringify(input), accessToken: owner.accessToken, ...init });
  const send = (content: string, more: object = {}) => post('/trpc/messages.send', { roomId, clientId: randomUUID(), content, ...more });

  function expectRefused({ status, error }: { status: number; error: ErrorBody }, httpStatus: number, appCode: string): void {
    expect([status, error.data.appCode]).toEqual([httpStatus, appCode]);
    expect(error.message).toMatch(/^[A-Z“/a-z].{8,}\.$/);
  }

  async function open(path = '/trpc?connectionParams=1', headers: Record<string, string> = {}): Promise<RawSocket> {
    const socket = await RawSocket.open(`${server.url.replace(/^http/, 'ws')}${path}`, headers);
    raw.push(socket);
    return socket;
  }

  /** Opens a socket that is signed in. */
  async function signedIn(person: Person = owner): Promise<RawSocket> {
    const socket = await open();
    socket.signIn(person.accessToken);
    await expectServes(socket);
    return socket;
  }

  /** Expects that the socket still answers. */
  async function expectServes(socket: RawSocket): Promise<void> {
    const id = randomUUID();
    socket.text(JSON.stringify({ id, method: 'query', params: { path: 'auth.me' } }));
    const answer = await socket.message<Answer>((message) => message.id === id);
    expect(answer.result).toBeDefined();
  }

  test('an empty message, one of 100 kB and one of 1 MB, a bad uuid, a room that is not yours', async () => {
    for (const empty of ['', ' \n ']) expectRefused(await send(empty), 400, 'MESSAGE_EMPTY');
    expectRefused(await send('x'.repeat(100_000)), 413, 'MESSAGE_TOO_LARGE');
    const large = await send('x'.repeat(1_000_000));
    expect(large.status).toBe(413);
    expect(large.error.data.appCode).toMatch(/^(MESSAGE|PAYLOAD)_TOO_LARGE$/);
    // A sender that is cut off in the middle may not get to read the answer.
    const enormous = await send('x'.repeat(10_000_000)).catch((error: Error) => error);
    if (enormous instanceof Error) expect(enormous.message).toBe('fetch failed');
    else expectRefused(enormous, 413, 'PAYLOAD_TOO_LARGE');
    expectRefused(await send('x', { roomId: 'not-a-uuid' }), 400, 'VALIDATION');
    expectRefused(await send('x', { roomId: `${roomId}.>` }), 400, 'VALIDATION');
    const asGuest = (id: string) =>
      http(`/trpc/rooms.get?input=${encodeURIComponent(JSON.stringify({ roomId: id }))}`, { accessToken: guest.accessToken });
    const hidden = await asGuest(privateRoomId);
    expectRefused(hidden, 404, 'ROOM_NOT_FOUND');
    expect((await asGuest(randomUUID())).error.message).toBe(hidden.error.message);
  });

  test('a foreign origin, by HTTP and by WebSocket', async () => {
    const origin = 'https://evil.example';
    expectRefused(await http('/trpc/auth.me', { headers: { origin } }), 403, 'FORBIDDEN_ORIGIN');
    expectRefused(
      await post('/trpc/auth.login', { username: 'olga', password: 'password of olga' }, { headers: { origin } }),
      403,
      'FORBIDDEN_ORIGIN',
    );
    await expect(open('/trpc?connectionParams=1', { Origin: origin })).rejects.toThrow(/ 403 /);
    await expect(open('/trpc?connectionParams=1', { Origin: 'null' })).rejects.toThrow(/ 403 /);
    await expect(open('/elsewhere')).rejects.toThrow(/ 404 /);
    (await open('/trpc?connectionParams=1', { Origin: server.url })).destroy();
  });

  test('a page whose name was made to point to this machine, by HTTP and by WebSocket', async () => {
    const { port } = new URL(server.url);
    const host = `evil.example:${port}`;
    const origin = `http://${host}`;
    const status = await new Promise<number>((resolve, reject) => {
      const headers = { host, origin, 'content-type': 'application/json' };
      request(`${server.url}/trpc/auth.register`, { method: 'POST', headers }, (response) => resolve(response.resume().statusCode!))
        .on('error', reject)
        .end(JSON.stringify({ username: 'intruder', password: 'password of intruder' }));
    });
    expect(status).toBe(403);
    await expect(open('/trpc?connectionParams=1', { Host: host, Origin: origin })).rejects.toThrow(/ 403 /);
    const local = `localhost:${port}`;
    (await open('/trpc?connectionParams=1', { Host: local, Origin: `http://${local}` })).destroy();
  });

  test('a token that expired, was changed, or is signed by nobody, by HTTP and by WebSocket', async () => {
    const [header, payload, signature] = owner.accessToken.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iat: number; exp: number };
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const sign = (content: string) => createHmac('sha256', sessionSecret).update(content).digest('base64url');
    const past = `${header}.${encode({ ...claims, iat: claims.iat - 7_200, exp: claims.iat - 3_600 })}`;
    const endless = encode({ ...claims, exp: claims.exp + 86_400 });
    const cases: [string, string][] = [
      [`${past}.${sign(past)}`, 'TOKEN_EXPIRED'],
      [`${header}.${endless}.${signature}`, 'UNAUTHENTICATED'],
      [`${encode({ alg: 'none', typ: 'JWT' })}.${endless}.`, 'UNAUTHENTICATED'],
      [`${encode({ alg: 'none', typ: 'JWT' })}.${endless}.${signature}`, 'UNAUTHENTICATED'],
    ];
    for (const [accessToken, appCode] of cases) {
      expectRefused(await http('/trpc/auth.me', { accessToken }), 401, appCode);
      const socket = await open();
      socket.signIn(accessToken);
      expect(await socket.whenClosed()).toMatchObject({
        code: closeCodes.IDENTITY_EXPIRED,
        reason: expect.stringMatching(/refresh/) as string,
      });
      expect(socket.messages).toEqual([]);
    }
  });

  test('frames that are no calls are answered, and the socket goes on', async () => {
    const socket = await signedIn();
    const refused = async (frame: () => void, appCode = 'VALIDATION') => {
      const before = socket.messages.length;
      frame();
      const { error } = await socket.next<Answer>(before);
      expect(error?.data.appCode).toBe(appCode);
      expect(error!.message.length).toBeGreaterThan(10);
      expect(socket.closed).toBeNull();
    };
    const call = (id: unknown, input?: unknown, path = 'rooms.get') => JSON.stringify({ id, method: 'query', params: { path, input } });
    await refused(() => socket.text('{"id":1,'));
    await refused(() => socket.text(''));
    await refused(() => socket.text('null'));
    await refused(() => socket.text('7'));
    await refused(() => socket.text('"PONG"'));
    await refused(() => socket.frame(2, Buffer.from(call(1))));
    await refused(() => socket.text('['.repeat(200_000)));
    await refused(() => socket.text(`${'[{"a":'.repeat(20_000)}1${'}]'.repeat(20_000)}`));
    await refused(() => socket.text(call(1, 'DEEP').replace('"DEEP"', `${'['.repeat(100_000)}${']'.repeat(100_000)}`)));
    await refused(() => socket.text(call(1, 'DEEP').replace('"DEEP"', `${'{"roomId":'.repeat(20_000)}1${'}'.repeat(20_000)}`)));
    for (const id of [{}, [], true, ['x'], { toString: 'x' }, 'x'.repeat(1_000)]) await refused(() => socket.text(call(id)));
    await refused(() => socket.text(JSON.stringify({ id: null, method: 'query', params: { path: 'auth.me' } })));
    await refused(() => socket.text(JSON.stringify({ id: 1, method: 'destroy', params: { path: 'auth.me' } })));
    await refused(() => socket.text(JSON.stringify({ id: 1, method: 'query', params: { path: 7 } })));
    await refused(() => socket.text(JSON.stringify({ id: 1, method: 'query', params: 'auth.me' })));
    await refused(() => socket.text(JSON.stringify({ id: 1, jsonrpc: '1.0', method: 'query', params: { path: 'auth.me' } })));
    await refused(() => socket.text(call(2, { roomId: 'no' })));
    await refused(() => socket.text(call(3, { roomId: privateRoomId, __proto__: { polluted: true } }, 'no.such')), 'NOT_FOUND');
    await refused(() =>
      socket.text('{"id":4,"method":"query","params":{"path":"rooms.get","input":{"__proto__":{"roomId":"x"},"constructor":{}}}}'),
    );
    await refused(() => socket.text(call(5, {}, '__proto__.toString')), 'NOT_FOUND');
    await expectServes(socket);
  });

  test('what is no WebSocket is closed with the protocol’s own code', async () => {
    const cases: [string, number, (socket: RawSocket) => void][] = [
      ['text that is not UTF-8', 1007, (socket) => socket.frame(1, Buffer.from([0x22, 0xff, 0xfe, 0x22]))],
      ['a reserved bit', 1002, (socket) => socket.frame(1, Buffer.from('{}'), { reserved: 4 })],
      ['another reserved bit', 1002, (socket) => socket.frame(1, Buffer.from('{}'), { reserved: 1 })],
      ['a frame without a mask', 1002, (socket) => socket.frame(1, Buffer.from('{}'), { mask: false })],
      ['an opcode that is none', 1002, (socket) => socket.frame(5, Buffer.from('{}'))],
      ['a continuation of nothing', 1002, (socket) => socket.frame(0, Buffer.from('{}'))],
      ['a ping in pieces', 1002, (socket) => socket.frame(9, Buffer.from('x'), { fin: false })],
      ['a close frame of one byte', 1002, (socket) => socket.frame(8, Buffer.from([3]))],
      [
        'a frame of 1 MB',
        1009,
        (socket) =>
          socket.text(
            JSON.stringify({ id: 1, method: 'mutation', params: { path: 'messages.send', input: { content: 'x'.repeat(1_000_000) } } }),
          ),
      ],
      [
        'a frame that says it has 8 exabytes',
        1009,
        (socket) => socket.bytes(Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])),
      ],
    ];
    for (const [name, code, attack] of cases) {
      for (const socket of [await signedIn(), await open()]) {
        attack(socket);
        const closed = await socket.whenClosed();
        // The parser of `ws` itself refuses lengths beyond 2^53.
        expect([name, closed.code]).toEqual([name, code]);
      }
    }
  });

  test('10,000 calls in a batch, by HTTP and by WebSocket', async () => {
    const batch = (count: number) =>
      http(`/trpc/${Array.from({ length: count }, () => 'x').join(',')}?batch=1`, { accessToken: owner.accessToken });
    expectRefused(await batch(2_000), 413, 'PAYLOAD_TOO_LARGE');
    const overlong = await batch(10_000);
    expect([overlong.status, overlong.error.data.appCode]).toEqual([431, 'PAYLOAD_TOO_LARGE']);

    const socket = await signedIn();
    const calls = Array.from({ length: 10_000 }, (_, id) => ({ id, method: 'q' }));
    socket.text(JSON.stringify(calls));
    const last = await socket.message<Answer>((message) => message.id === 9_999);
    expect(last.error?.data).toMatchObject({ appCode: 'PAYLOAD_TOO_LARGE', httpStatus: 413 });
    await expectServes(socket);
    for (let again = 0; again < 2; again++) socket.text(JSON.stringify(calls));
    expect(await socket.whenClosed()).toMatchObject({
      code: closeCodes.PROTOCOL_ABUSE,
      reason: expect.stringMatching(/too many calls/) as string,
    });
  });

  test('silence before signing in, also by a first frame that never ends; nonsense instead of it', async () => {
    const [silent, dripping, pinging] = [await open(), await open(), await open()];
    dripping.frame(1, Buffer.from('{"method":'), { fin: false });
    const drip = setInterval(() => {
      dripping.frame(0, Buffer.from(' '), { fin: false });
      pinging.frame(9, Buffer.from('x'));
    }, 50);
    try {
      for (const socket of [silent, dripping, pinging]) {
        expect(await socket.whenClosed()).toMatchObject({
          code: closeCodes.CONNECTION_PARAMS_TIMEOUT,
          reason: expect.stringMatching(/connectionParams/) as string,
        });
      }
    } finally {
      clearInterval(drip);
    }
    for (const first of [
      '{}',
      '[]',
      '{',
      '{"data":7}',
      '{"data":{"accessToken":7}}',
      '{"data":{"accessToken":"made.up.token"}}',
      JSON.stringify({ data: { accessToken: 'x'.repeat(100_000) } }),
    ]) {
      const socket = await open();
      socket.text(first);
      // The server ignores calls that follow the refused frame.
      socket.text(JSON.stringify({ id: 1, method: 'query', params: { path: 'auth.me' } }));
      await socket.whenClosed();
      expect(socket.messages.filter((message) => message.includes('"result"'))).toEqual([]);
    }
    // Without connectionParams announced in the address, the server waits for no first frame and knows nobody.
    expect((await (await open('/trpc')).whenClosed()).code).toBe(closeCodes.SESSION_ENDED);
  });

  test('a message in tiny fragments, slowly, is a message; in too many, it is refused', async () => {
    const patient = await signedIn();
    const call = Buffer.from(JSON.stringify({ id: 'slow', method: 'query', params: { path: 'auth.me' } }));
    for (const [index, byte] of call.entries()) {
      patient.frame(index === 0 ? 1 : 0, Buffer.from([byte]), { fin: index === call.length - 1 });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await patient.message<Answer>(({ id }) => id === 'slow')).toHaveProperty('result');

    const hoarding = await signedIn();
    const fragment = encodeFrame(0, Buffer.from(' '), { fin: false });
    hoarding.frame(1, Buffer.from(' '), { fin: false });
    hoarding.bytes(Buffer.concat(Array.from({ length: 50_000 }, () => fragment)));
    // Null as for a flood, below.
    expect([1008, null]).toContain((await hoarding.whenClosed()).code);
    await expectServes(patient);
  });

  test('an over-long address, a wrong content type, a body that is no JSON, half a request', async () => {
    const overlong = await http(`/trpc/rooms.get?input=${'x'.repeat(100_000)}`, { accessToken: owner.accessToken });
    expect([overlong.status, overlong.error.data.appCode]).toEqual([431, 'PAYLOAD_TOO_LARGE']);
    const longPath = await http(`/trpc/${'x'.repeat(8_000)}`, { accessToken: owner.accessToken });
    expectRefused(longPath, 400, 'VALIDATION');
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/xml',
      '///',
      'application/octet-stream',
    ]) {
      const { status, error } = await post(
        '/trpc/messages.send',
        { roomId, clientId: randomUUID(), content: 'x' },
        { headers: { 'content-type': type, authorization: `Bearer ${owner.accessToken}` } },
      );
      expect([type, status >= 400 && status < 500, error.data.appCode]).toEqual([type, true, 'VALIDATION']);
    }
    expectRefused(
      await http('/trpc/messages.send', { method: 'POST', body: '{"roomId":', accessToken: owner.accessToken }),
      400,
      'VALIDATION',
    );
    expectRefused(
      await http('/trpc/messages.send', { method: 'POST', body: '['.repeat(400_000), accessToken: owner.accessToken }),
      400,
      'VALIDATION',
    );
    const { hostname, port } = new URL(server.url);
    for (let i = 0; i < 100; i++) {
      const half = connectTcp(Number(port), hostname).on('error', () => {});
      tcp.push(half);
      half.write(
        i % 2
          ? 'POST /trpc/auth.login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{'
          : 'GET / HTTP/1.1\r\nX-Half',
      );
    }
    for (const upgrade of ['//', '*', 'http://[', '/trpc/../x', '/trpc%']) {
      const odd = connectTcp(Number(port), hostname).on('error', () => {});
      tcp.push(odd);
      odd.write(
        `GET ${upgrade} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      );
      await new Promise((resolve) => odd.once('close', resolve).resume());
    }
  });

  test('a flood of pings and one of subscriptions are bounded', async () => {
    const flooding = await signedIn();
    const ping = encodeFrame(1, Buffer.from('PING'));
    flooding.bytes(Buffer.concat(Array.from({ length: callsPer10s + 1_000 }, () => ping)));
    // Null: what it sent was not read any more, so its connection was reset, which may take the frame with the code along.
    expect([closeCodes.PROTOCOL_ABUSE, null]).toContain((await flooding.whenClosed()).code);
    const subscribing = await signedIn();
    for (let id = 0; id < 600; id++)
      subscribing.text(JSON.stringify({ id, method: 'subscription', params: { path: 'rooms.events', input: { roomId } } }));
    const refused = await subscribing.message<Answer>(({ error }) => error !== undefined);
    expect(refused.error?.data).toMatchObject({ appCode: 'RATE_LIMITED', httpStatus: 429 });
    await expectServes(subscribing);
  });

  test('one who asks for a lot and reads nothing is closed, and keeps no memory', async () => {
    const { id: bigRoomId } = await owner.http.rooms.create.mutate({ name: 'Big' });
    for (let i = 0; i < 60; i++)
      await owner.http.messages.send.mutate({ roomId: bigRoomId, clientId: randomUUID(), content: 'x'.repeat(32_000) });
    const before = await keptBytes(server);
    const greedy = await signedIn();
    greedy.pause();
    const call = encodeFrame(
      1,
      Buffer.from(JSON.stringify({ id: 1, method: 'query', params: { path: 'messages.list', input: { roomId: bigRoomId, limit: 100 } } })),
    );
    // Two megabytes each.
    greedy.bytes(Buffer.concat(Array.from({ length: 400 }, () => call)));
    const sockets = async () => ((await (await fetch(`${server.url}/health`)).json()) as { sockets: number }).sockets;
    const open = await sockets();
    await expect.poll(sockets, { interval: 200 }).toBeLessThan(open);
    expect((await keptBytes(server)) - before).toBeLessThan(20 * 1024 * 1024);
  });

  test('all of it again and again leaves the process as large as it was', async () => {
    const round = async () => {
      await Promise.all([send('x'.repeat(1_000_000)), post('/trpc/auth.login', '['.repeat(300_000))]);
      const attacks: ['answered' | 'closed' | 'ignored', (socket: RawSocket) => void][] = [
        ['answered', (socket) => socket.text('['.repeat(200_000))],
        ['answered', (socket) => socket.text(JSON.stringify(Array.from({ length: 10_000 }, (_, id) => ({ id, method: 'q' }))))],
        ['closed', (socket) => socket.frame(1, Buffer.from([0xff]))],
        ['closed', (socket) => socket.text('x'.repeat(300_000))],
        ['ignored', (socket) => socket.frame(1, Buffer.alloc(250_000, 32), { fin: false })],
      ];
      for (const [effect, attack] of attacks) {
        const socket = await signedIn();
        const before = socket.messages.length;
        attack(socket);
        if (effect === 'answered') expect((await socket.next<Answer>(before)).error).toBeDefined();
        if (effect === 'closed') await socket.whenClosed();
        socket.destroy();
      }
    };
    for (let warmUp = 0; warmUp < 3; warmUp++) await round();
    const before = await keptBytes(server);
    for (let again = 0; again < 12; again++) await round();
    // A round brings some four megabytes.
    expect((await keptBytes(server)) - before).toBeLessThan(6 * 1024 * 1024);
  });
});
