import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { closeCodes, type RoomEvent } from '@parley/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Collected } from '../../../../../tests/e2e/harness/collected.js';
import { createTestApi, type TestApi, type TestUser } from '../../testing/test-api.js';
import { LinesFormat, linesSurface } from './fixtures/lines-surface.js';
import { surfaces } from './index.js';

type Line = RoomEvent & { id: string; error?: string };

describe('a surface is one file: lines of JSON, beside tRPC, from the same hub', () => {
  const format = new LinesFormat();
  let world: TestApi;
  let owner: TestUser;
  beforeAll(async () => {
    world = await createTestApi({ STOP_DRAIN_MS: '0' }, 'pglite', { surfaces: [...surfaces, linesSurface(format)] });
    owner = await world.register('olga');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const newRoom = async () => (await owner.http.rooms.create.mutate({ name: 'Harbour', visibility: 'private' })).id;
  const send = (roomId: string, content: string) => owner.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
  const says = (content: string) => (items: Line[]) => items.some((line) => line.type === 'message' && line.message.content === content);

  async function overSocket(input: object) {
    const lines = new Collected<Line>();
    const ws = new WebSocket(`${world.api.url.replace('http', 'ws')}/lines`);
    const closed = once(ws, 'close') as Promise<[number, Buffer]>;
    ws.on('message', (data: Buffer) => lines.push(JSON.parse(data.toString()) as Line));
    await once(ws, 'open');
    ws.send(JSON.stringify(input));
    return { ws, lines, closed };
  }

  test('over a socket: hello first, then what was missed, then what happens, as tRPC’s readers are told it', async () => {
    const roomId = await newRoom();
    const { message } = await send(roomId, 'before');
    const trpc = new Collected<{ id: string; data: RoomEvent }>();
    const client = world.socket(owner.accessToken);
    client.trpc.rooms.events.subscribe(
      { roomId, after: message!.rev - 1 },
      { onData: (event) => trpc.push(event as { id: string; data: RoomEvent }) },
    );
    const reading = await overSocket({ token: owner.accessToken, roomId, after: message!.rev - 1 });
    await reading.lines.until(says('before'));
    await trpc.until((items) => items.length >= 2);
    await send(roomId, 'after');
    await reading.lines.until(says('after'));
    await trpc.until((items) => items.some(({ data }) => data.type === 'message' && data.message.content === 'after'));
    expect(reading.lines.items[0]).toMatchObject({ type: 'hello', id: expect.stringMatching(`^${message!.rev - 1}:`) as string });
    const durable = (type: string) => type === 'message';
    expect(reading.lines.items.filter(({ type }) => durable(type))).toEqual(
      trpc.items.filter(({ data }) => durable(data.type)).map(({ id, data }) => ({ id, ...data })),
    );
    reading.ws.close();
    await client.ws.close();
  });

  test('an event is written once for all readers of the format', async () => {
    const roomId = await newRoom();
    const readers = await Promise.all(Array.from({ length: 10 }, () => overSocket({ token: owner.accessToken, roomId })));
    await Promise.all(readers.map(({ lines }) => lines.until((items) => items.some(({ type }) => type === 'hello'))));
    const { message } = await send(roomId, 'once');
    await Promise.all(readers.map(({ lines }) => lines.until(says('once'))));
    const written = format.encoded.filter(({ event }) => event.type === 'message' && event.message.id === message!.id);
    expect(written).toHaveLength(1);
    for (const { ws } of readers) ws.close();
  });

  test('over HTTP: the same lines, and the room lets go of who hangs up', async () => {
    const roomId = await newRoom();
    const stop = new AbortController();
    const response = await fetch(`${world.api.url}/lines/${roomId}`, {
      headers: { authorization: `Bearer ${owner.accessToken}` },
      signal: stop.signal,
    });
    const lines = new Collected<Line>();
    const reader = createInterface({ input: Readable.fromWeb(response.body as ReadableStream) });
    reader.on('error', () => {}).on('line', (line) => lines.push(JSON.parse(line) as Line));
    await lines.until((items) => items.length > 0);
    expect(lines.items[0]!.type).toBe('hello');
    await send(roomId, 'by HTTP');
    await lines.until(says('by HTTP'));
    stop.abort();
    await expect.poll(() => world.api.counts().readers).toBe(0);
  });

  test('it has the checks of every socket: a token that is none, a room that is not theirs, a session that ends', async () => {
    const roomId = await newRoom();
    const unknown = await overSocket({ token: 'none', roomId });
    expect((await unknown.closed)[0]).toBe(closeCodes.IDENTITY_EXPIRED);
    const stranger = await world.register('sam');
    const refused = await overSocket({ token: stranger.accessToken, roomId });
    await refused.lines.until((items) => items.some(({ error }) => error === 'ROOM_NOT_FOUND'));
    await stranger.http.auth.logout.mutate();
    expect((await refused.closed)[0]).toBe(closeCodes.SESSION_ENDED);
  });

  test('a path of no surface is not found', async () => {
    const ws = new WebSocket(`${world.api.url.replace('http', 'ws')}/words`);
    const [, answer] = (await once(ws, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(answer.statusCode).toBe(404);
    ws.on('error', () => {}).terminate();
  });
});
