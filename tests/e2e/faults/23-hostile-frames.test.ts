import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Collected } from '../harness/collected.js';
import { register, type Person } from '../harness/person.js';
import { readHealth } from './harness/health.js';
import { startScene, type Scene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { startWorld, type World } from './harness/world.js';

let world: World;
let scene: Scene;
let attacker: Person;

/** The most subscriptions of a socket; also the most calls in one frame. */
const maxSubscriptions = 100;

beforeAll(async () => {
  world = await startWorld({
    name: '23 hostile frames',
    apis: 1,
    workers: 0,
    variables: { CONNECTION_PARAMS_TIMEOUT_MS: '600', SOCKET_CALLS_PER_10_S: '3000', SOCKET_MAX_SUBSCRIPTIONS: String(maxSubscriptions) },
  });
  scene = await startScene(world, { name: 'unharmed', urls: [world.apis[0]!.url], hasty: false });
  attacker = await register(world.apis[0]!.url, 'attacker');
});
afterEach(() => world?.restore());
afterAll(async () => {
  await attacker?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

/** A bare WebSocket that is signed in: what follows is judged by itself, not by how long that took. */
async function open(): Promise<{ ws: WebSocket; answers: Collected<string>; closed: Promise<number> }> {
  const ws = new WebSocket(`${world.apis[0]!.url.replace('http', 'ws')}/trpc?connectionParams=1`);
  const answers = new Collected<string>();
  ws.on('message', (data: Buffer) => answers.push(data.toString()));
  ws.on('error', () => {});
  const closed = new Promise<number>((resolve) => ws.once('close', (code) => resolve(code)));
  await once(ws, 'open');
  ws.send(JSON.stringify({ method: 'connectionParams', data: { accessToken: attacker.accessToken } }));
  ws.send(JSON.stringify(call(0)));
  await answers.until((items) => items.length > 0);
  answers.items.length = 0;
  return { ws, answers, closed };
}

const call = (id: number, input: unknown = {}) => ({ id, jsonrpc: '2.0', method: 'query', params: { path: 'auth.me', input } });

/** A masked client frame (RFC 6455, section 5.2), however broken its payload. */
function frame(opcode: number, payload: Buffer, isFinal = true): Buffer {
  const mask = randomBytes(4);
  const masked = Buffer.from(payload.map((byte, i) => byte ^ mask[i % 4]!));
  if (payload.length > 125) throw new RangeError('a short frame');
  return Buffer.concat([Buffer.from([(isFinal ? 0x80 : 0) | opcode, 0x80 | payload.length]), mask, masked]);
}

/** The TCP stream below a WebSocket. */
function streamOf(ws: WebSocket): Socket {
  return (ws as unknown as { _socket: Socket })._socket;
}

let connections: number[];
beforeEach(() => {
  connections = scene.readers.map((reader) => reader.connections());
});

/** Expects that other people still talk, on the connections that they had. */
async function expectUnharmed(): Promise<void> {
  const { acknowledged } = await scene.people[0]!.say(scene.roomId, 'all is well');
  await until('the others read on', () =>
    scene.readers.every((reader) => [...reader.messages()].some(({ seq }) => seq === acknowledged!.seq)),
  );
  expect(scene.readers.map((reader) => reader.connections())).toEqual(connections);
  expect(world.apis[0]!.up).toBe(true);
}

test.each<[name: string, attack: (ws: WebSocket) => void, code: RegExp]>([
  ['a frame of 1 MB', (ws) => ws.send(JSON.stringify(call(1, 'x'.repeat(1_000_000)))), /1009/],
  [
    '10,000 calls in one frame',
    (ws) => ws.send(JSON.stringify(Array.from({ length: 10_000 }, (_, i) => ({ id: i, method: 'query', params: { path: 'auth.me' } })))),
    /1009|4501/,
  ],
  ['10,000 frames', (ws) => Array.from({ length: 10_000 }, (_, i) => ws.send(JSON.stringify(call(i)))), /4501|1006/],
  ['10,000 pongs that nobody asked for', (ws) => Array.from({ length: 10_000 }, () => ws.pong(Buffer.alloc(125))), /4501|1006/],
  ['bad UTF-8', (ws) => void streamOf(ws).write(frame(1, Buffer.from([0x22, 0xc3, 0x28, 0x22]))), /1007/],
  ['a frame that is not masked', (ws) => void streamOf(ws).write(Buffer.from([0x81, 0x02, 0x7b, 0x7d])), /1002/],
  ['an opcode that does not exist', (ws) => void streamOf(ws).write(frame(0xb, Buffer.from('{}'))), /1002/],
])('%s: the socket is closed, others are unaffected', async (_name, attack, code) => {
  const { ws, closed } = await open();
  attack(ws);
  expect(String(await closed)).toMatch(code);
  await expectUnharmed();
});

test.each<[name: string, text: string | Buffer]>([
  ['JSON nested 50,000 deep', `{"id":1,"method":"query","params":{"path":"auth.me","input":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`],
  ['what is no JSON', '{"id":1,'],
  ['a number', '42'],
  ['null', 'null'],
  ['a prototype', '{"id":1,"method":"query","params":{"path":"__proto__.constructor","input":{"__proto__":{"admin":true}}}}'],
  ['a path that is no procedure', '{"id":1,"method":"query","params":{"path":"rooms.events.then"}}'],
  ['an id of 100,000 characters', `{"id":"${'9'.repeat(100_000)}","method":"query","params":{"path":"auth.me"}}`],
  ['bytes that are no text', Buffer.from([0, 1, 2, 3])],
])('%s is refused or the socket closed, others are unaffected', async (_name, text) => {
  const { ws, answers, closed } = await open();
  ws.send(text);
  // A good call after it: answered, if the socket was worth keeping.
  ws.send(JSON.stringify({ id: 2, method: 'query', params: { path: 'auth.me' } }));
  const outcome = await Promise.race([
    closed.then((code) => `closed with ${code}`),
    answers.until((items) => items.some((item) => (JSON.parse(item) as { id?: unknown }).id === 2)).then(() => 'refused'),
  ]);
  expect(outcome).toMatch(/^(refused|closed with (1\d{3}|4\d{3}))$/);
  expect(answers.items.join('')).not.toMatch(/node_modules|at async|\.ts:\d/);
  // No answer is as large as the frame that went in.
  expect(Math.max(0, ...answers.items.map(({ length }) => length))).toBeLessThan(10_000);
  ws.terminate();
  await expectUnharmed();
});

test('of more calls in one frame than it may hold none is made, and as many as it may are', async () => {
  const { ws, answers } = await open();
  for (const count of [maxSubscriptions + 1, maxSubscriptions]) {
    const before = answers.items.length;
    ws.send(JSON.stringify(Array.from({ length: count }, (_, i) => call(i, {}))));
    await answers.until((items) => items.length === before + count);
    const refused = answers.items.slice(before).filter((item) => item.includes('"appCode":"PAYLOAD_TOO_LARGE"'));
    expect(refused.length).toBe(count > maxSubscriptions ? count : 0);
  }
  ws.terminate();
  await expectUnharmed();
});

test('a message in 20,000 fragments of one byte is put together or refused, others are unaffected', async () => {
  const { ws, answers, closed } = await open();
  const text = Buffer.from(JSON.stringify({ id: 3, method: 'query', params: { path: 'auth.me', input: { pad: 'x'.repeat(20_000) } } }));
  const bytes = Array.from(text, (byte, i) => frame(i === 0 ? 1 : 0, Buffer.from([byte]), i === text.length - 1));
  streamOf(ws).write(Buffer.concat(bytes));
  const outcome = await Promise.race([
    closed.then((code) => `closed with ${code}`),
    answers.until((items) => items.length > 0).then(() => 'answered'),
  ]);
  expect(outcome).toMatch(/^(answered|closed with \d{4})$/);
  ws.terminate();
  await expectUnharmed();
});

test('sockets that say nothing before they are authenticated are closed, however many', async () => {
  const { port } = new URL(world.apis[0]!.url);
  const silent = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const ws = new WebSocket(`ws://127.0.0.1:${port}/trpc?connectionParams=1`);
      ws.on('error', () => {});
      const closed = new Promise<number>((resolve) => ws.once('close', (code) => resolve(code)));
      await once(ws, 'open');
      return closed;
    }),
  );
  await expectUnharmed();
  expect(new Set(await Promise.all(silent))).toEqual(new Set([4002]));
  // Connections that do not even finish their handshake hold nothing that others need.
  const half = Array.from({ length: 100 }, () => connectTcp(Number(port), '127.0.0.1').on('error', () => {}));
  for (const socket of half) socket.write('GET /trpc HTTP/1.1\r\nHost: 127');
  await expectUnharmed();
  for (const socket of half) socket.destroy();
  const { length } = scene.readers;
  await until('none of them is left', async () => (await readHealth(world.apis[0]!.url)).sockets === length);
});

test('subscriptions without end are refused at a bound, others are unaffected', async () => {
  const { ws, answers, closed } = await open();
  await scene.people[0]!.client.trpc.rooms.addMember.mutate({ roomId: scene.roomId, username: attacker.username });
  for (let i = 0; i < 400; i++) {
    ws.send(JSON.stringify({ id: i + 10, method: 'subscription', params: { path: 'rooms.events', input: { roomId: scene.roomId } } }));
    if (i % 50 === 49) await delay(10);
  }
  const outcome = await Promise.race([
    closed.then(() => 'closed'),
    answers.until((items) => items.some((item) => item.includes('RATE_LIMITED'))).then(() => 'refused'),
  ]);
  expect(outcome).toMatch(/closed|refused/);
  ws.terminate();
  await expectUnharmed();
});

/** A plain socket that reads a room of the attacker's. */
async function openPlain(): Promise<{ ws: WebSocket; answers: Collected<string>; closed: Promise<number> }> {
  plainRoom ??= (await attacker.http.rooms.create.mutate({ name: 'plain' })).id;
  const ws = new WebSocket(`${world.apis[0]!.url.replace('http', 'ws')}/ws?roomID=${plainRoom}`);
  const answers = new Collected<string>();
  ws.on('message', (data: Buffer) => answers.push(data.toString()));
  ws.on('error', () => {});
  const closed = new Promise<number>((resolve) => ws.once('close', (code) => resolve(code)));
  await once(ws, 'open');
  ws.send(JSON.stringify({ type: 'auth', token: attacker.accessToken }));
  await answers.until((items) => items.some((item) => item.includes('"type":"connection"')));
  return { ws, answers, closed };
}
let plainRoom: string | undefined;

test.each<[name: string, attack: (ws: WebSocket) => void, code: RegExp]>([
  ['a frame of 1 MB', (ws) => ws.send(JSON.stringify({ type: 'message', content: 'x'.repeat(1_000_000) })), /1009/],
  ['10,000 frames', (ws) => Array.from({ length: 10_000 }, () => ws.send('{"type":"typing","typing":true}')), /4501|1006/],
  ['10,000 frames that are none', (ws) => Array.from({ length: 10_000 }, () => ws.send('{')), /4501|1006/],
  ['10,000 pongs that nobody asked for', (ws) => Array.from({ length: 10_000 }, () => ws.pong(Buffer.alloc(125))), /4501|1006/],
  ['bad UTF-8', (ws) => void streamOf(ws).write(frame(1, Buffer.from([0x22, 0xc3, 0x28, 0x22]))), /1007/],
  ['a frame that is not masked', (ws) => void streamOf(ws).write(Buffer.from([0x81, 0x02, 0x7b, 0x7d])), /1002/],
])('over a plain socket, %s: the socket is closed, others are unaffected', async (_name, attack, code) => {
  const { ws, closed } = await openPlain();
  attack(ws);
  expect(String(await closed)).toMatch(code);
  await expectUnharmed();
});

test.each<[name: string, text: string | Buffer]>([
  ['JSON nested 50,000 deep', `{"type":"message","content":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
  ['what is no JSON', '{"type":'],
  ['null', 'null'],
  ['a batch of 1,000', JSON.stringify(Array.from({ length: 1_000 }, () => ({ type: 'message', content: 'x' })))],
  ['a prototype', '{"type":"message","content":"x","__proto__":{"admin":true}}'],
  ['a type of 100,000 characters', `{"type":"${'9'.repeat(100_000)}"}`],
  ['a command of 100,000 characters', `{"type":"ai_command","command":"${'a'.repeat(100_000)}"}`],
  ['bytes that are no text', Buffer.from([0, 1, 2, 3])],
])('over a plain socket, %s is refused with a sentence, the socket goes on, others are unaffected', async (_name, text) => {
  const { ws, answers } = await openPlain();
  answers.items.length = 0;
  ws.send(text);
  ws.send('{"type":"message","content":"a good one"}');
  await answers.until((items) => items.some((item) => item.includes('"a good one"')));
  expect(answers.items.filter((item) => item.includes('"type":"error"'))).toHaveLength(1);
  expect(answers.items.join('')).not.toMatch(/node_modules|at async|\.ts:\d/);
  expect(Math.max(0, ...answers.items.map(({ length }) => length))).toBeLessThan(10_000);
  ws.terminate();
  await expectUnharmed();
});

/** Where the other surfaces take bodies. A hook's address is made when it is needed. */
const doors: [name: string, path: () => string | Promise<string>][] = [
  ['REST', () => '/api/rooms'],
  ['the chat surface', () => '/api/chat'],
  ['tasks of agents', () => '/api/agents/ada/tasks'],
  ['OpenAI’s protocol', () => '/v1/chat/completions'],
  ['MCP', () => '/mcp'],
  [
    'a hook',
    async () => {
      const { id: roomId } = await attacker.http.rooms.create.mutate({ name: 'hooked' });
      return (await attacker.http.hooks.create.mutate({ roomId, name: 'Builds' })).url;
    },
  ],
];

const bodies: [name: string, body: string | Uint8Array<ArrayBuffer>][] = [
  ['nothing', ''],
  ['JSON nested 50,000 deep', `{"content":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
  ['what is no JSON', '{"content":'],
  ['a number', '42'],
  ['null', 'null'],
  ['a batch of 10,000', JSON.stringify(Array.from({ length: 10_000 }, () => ({ method: 'x' })))],
  ['a prototype', '{"__proto__":{"name":"x","content":"x","message":"x"},"constructor":1}'],
  ['a field of 100,000 characters', JSON.stringify({ ['x'.repeat(100_000)]: 1 })],
  ['5 MB', JSON.stringify({ content: 'x'.repeat(5_000_000) })],
  ['bytes that are no text', new Uint8Array([0, 0xc3, 0x28, 0xff, 0xfe])],
];

test.each(doors)('by %s, bodies that are none are refused with a sentence, others are unaffected', async (_name, path) => {
  const url = `${world.apis[0]!.url}${await path()}`;
  for (const [name, body] of bodies) {
    const headers = { authorization: `Bearer ${attacker.accessToken}`, accept: 'application/json, text/event-stream' };
    const answer = await fetch(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body });
    const text = await answer.text();
    const said = `${name}: ${answer.status} ${text.slice(0, 300)}`;
    expect(answer.status, said).toBeGreaterThanOrEqual(400);
    expect(answer.status, said).toBeLessThan(500);
    expect(text, said).toMatch(/"(?:detail|message)":"[^"]{8,}"/);
    expect(text, said).not.toMatch(/node_modules|at async|\.ts:\d/);
    expect(text.length, name).toBeLessThan(10_000);
  }
  await expectUnharmed();
});

test.each(['/api/sse', '/api/inbox/events', '/api/rooms/x/events', '/ws'])(
  'questions that are none at %s are refused with a sentence, others are unaffected',
  async (path) => {
    const odd = ['?session_id=%00', '?after=-1&session_id=', `?session_id=${'x'.repeat(5_000)}`, '?token=made.up', '?ticket=%E0%A4%A'];
    for (const query of odd) {
      const answer = await fetch(`${world.apis[0]!.url}${path}${query}`);
      const said = `${query}: ${answer.status} ${await answer.text()}`;
      expect(answer.status, said).toBeGreaterThanOrEqual(400);
      expect(answer.status, said).toBeLessThan(500);
      expect(said).toMatch(/"(?:detail|message)":"[^"]{8,}"/);
    }
    await expectUnharmed();
  },
);
