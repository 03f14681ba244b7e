import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { currentCall } from '@parley/bus';
import { closeCodes, type RoomEvent } from '@parley/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Collected } from '../../../../../tests/e2e/harness/collected.js';
import { serveCall } from '../../admit.js';
import { httpCall } from '../../auth/http-caller.js';
import { createTestApi, type TestApi, type TestUser } from '../../testing/test-api.js';
import { LinesFormat, linesSurface } from './fixtures/lines-surface.js';
import { surfaceFiles } from '../../generated/surfaces.js';
import type { Surface } from '../surface.js';

type Line = RoomEvent & { id: string; error?: string };

/** Answers with the call that its work is done for. */
const callSurface: Surface = {
  routes:
    ({ services }) =>
    async (app) => {
      app.get('/call', async (request, reply) => {
        const served = { name: 'rooms.list', type: 'file', ...httpCall(services, request) } as const;
        const call = await serveCall(services, served, async () => currentCall());
        return reply.type('text/plain').header('x-correlation-id', request.id).send(JSON.stringify(call));
      });
    },
};

describe('a surface is one file: lines of JSON, beside tRPC, from the same hub', () => {
  const format = new LinesFormat();
  let world: TestApi;
  let owner: TestUser;
  beforeAll(async () => {
    world = await createTestApi({ STOP_DRAIN_MS: '0' }, 'pglite', {
      surfaces: [...Object.values(surfaceFiles), linesSurface(format), callSurface],
    });
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

  test('its calls are measured, also those that are refused', async () => {
    const roomId = await newRoom();
    const stranger = await world.register('stan');
    const measured = async (outcome: string) => {
      const metrics = await (await fetch(`${world.api.url}/metrics`)).text();
      const labels = `{path="rooms.events",type="subscription",outcome="${outcome}"} `;
      return Number(
        metrics
          .split('\n')
          .find((line) => line.startsWith(`parley_call_seconds_count${labels}`))
          ?.split(' ')
          .at(-1) ?? 0,
      );
    };
    const overHttp = (accessToken: string, signal?: AbortSignal) =>
      fetch(`${world.api.url}/lines/${roomId}`, { headers: { authorization: `Bearer ${accessToken}` }, ...(signal && { signal }) });
    const before = [await measured('ok'), await measured('error')] as const;

    const stop = new AbortController();
    await overHttp(owner.accessToken, stop.signal);
    const reading = await overSocket({ token: owner.accessToken, roomId });
    await reading.lines.until((items) => items.length > 0);
    expect(await measured('ok')).toBe(before[0] + 2);
    expect((await overHttp(stranger.accessToken)).status).toBe(404);
    const refused = await overSocket({ token: stranger.accessToken, roomId });
    await refused.lines.until((items) => items.length > 0);
    expect(await measured('error')).toBe(before[1] + 2);
    stop.abort();
    for (const { ws } of [reading, refused]) ws.close();
  });

  test('its work knows the call that it is done for', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const headers = { authorization: `Bearer ${owner.accessToken}`, traceparent };
    const response = await fetch(`${world.api.url}/call`, { headers });
    expect(await response.json()).toEqual({
      correlationId: response.headers.get('x-correlation-id'),
      traceparent,
      address: '127.0.0.1',
      userAgent: 'node',
    });
    expect((await fetch(`${world.api.url}/call`)).status).toBe(401);
  });

  test('a path of no surface is not found', async () => {
    const ws = new WebSocket(`${world.api.url.replace('http', 'ws')}/words`);
    const [, answer] = (await once(ws, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(answer.statusCode).toBe(404);
    ws.on('error', () => {}).terminate();
  });
});
