import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { closeCodes, type InboxEvent, type RoomEvent } from '@parley/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Collected } from '../../../../../../tests/e2e/harness/collected.js';
import { serverSentEvents, type ServerSentEvent } from '../../../testing/raw-call.js';
import { createTestApi, type TestApi, type TestUser } from '../../../testing/test-api.js';

/** Reads a stream as any HTTP client would. */
async function read(url: string, headers: Record<string, string> = {}) {
  const abort = new AbortController();
  const response = await fetch(url, { headers, signal: abort.signal });
  const events = new Collected<ServerSentEvent>();
  const done = (async () => {
    try {
      for await (const event of serverSentEvents(response)) if (event.data !== undefined) events.push(event);
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    }
  })();
  const stop = async () => {
    abort.abort();
    await done;
  };
  return { response, events, done, stop };
}

const ofType = (type: RoomEvent['type'] | InboxEvent['type']) => (items: ServerSentEvent[]) =>
  items.some(({ data }) => (data as { type?: string } | null)?.type === type);
const contents = (items: ServerSentEvent[]) =>
  items.flatMap(({ data }) =>
    (data as RoomEvent).type === 'message' ? [(data as Extract<RoomEvent, { type: 'message' }>).message.content] : [],
  );

describe('server-sent events', () => {
  let world: TestApi;
  let ann: TestUser;
  let roomId: string;
  beforeAll(async () => {
    world = await createTestApi({ STREAM_HEARTBEAT_MS: '20' });
    ann = await world.register('ann');
    ({ id: roomId } = await ann.http.rooms.create.mutate({ name: 'Harbour', visibility: 'private' }));
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const bearer = (who: TestUser) => ({ authorization: `Bearer ${who.accessToken}` });
  const room = (query = '') => `${world.api.url}/api/rooms/${roomId}/events${query}`;
  const inbox = (query = '') => `${world.api.url}/api/inbox/events${query}`;
  const send = (content: string) => ann.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });

  test('of a room: hello first, each message under its rev; whoever comes back with the last id misses nothing', async () => {
    const first = await read(room(), bearer(ann));
    expect(first.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(first.response.headers.get('cache-control')).toBe('no-store, no-transform');
    await first.events.until(ofType('hello'));
    for (const text of ['one', 'two']) await send(text);
    await first.events.until((items) => contents(items).length === 2);
    const { id } = first.events.items.findLast(({ data }) => (data as RoomEvent).type === 'message')!;
    await first.stop();
    await send('three');
    const second = await read(room(), { ...bearer(ann), 'last-event-id': id! });
    await second.events.until((items) => contents(items).length === 1);
    await send('four');
    await second.events.until((items) => contents(items).length === 2);
    expect(contents(second.events.items)).toEqual(['three', 'four']);
    await second.stop();
    const third = await read(room(`?after=${id}`), bearer(ann));
    await third.events.until((items) => contents(items).length === 2);
    await third.stop();
    const lost = await read(room(), { ...bearer(ann), 'last-event-id': 'what' });
    await lost.events.until(ofType('resync'));
    await lost.stop();
    await expect.poll(() => world.api.counts()).toMatchObject({ readers: 0, sockets: 0 });
  });

  test('of the inbox: a snapshot first, then what changes', async () => {
    const reading = await read(inbox(), bearer(ann));
    await reading.events.until(ofType('server'));
    expect((reading.events.items[0]!.data as InboxEvent).type).toBe('snapshot');
    await ann.http.rooms.create.mutate({ name: 'Pier' });
    await reading.events.until((items) =>
      items.some(
        ({ data }) => (data as InboxEvent).type === 'room' && (data as Extract<InboxEvent, { type: 'room' }>).room.name === 'Pier',
      ),
    );
    await reading.stop();
    await expect.poll(() => world.api.counts()).toMatchObject({ inboxReaders: 0, sockets: 0 });
  });

  test('a comment shows that a quiet stream is alive', async () => {
    const abort = new AbortController();
    const response = await fetch(room(), { headers: bearer(ann), signal: abort.signal });
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (/:\n\n[\s\S]*:\n\n/.test(text)) break;
    }
    expect(text).toMatch(/^retry: 1000\n\nid: \d+\S*\ndata: \{"type":"hello"/);
    abort.abort();
  });

  test('a ticket opens its stream, again and again, and nothing else, until its session ends', async () => {
    const bea = await world.register('bea');
    await ann.http.rooms.addMember.mutate({ roomId, username: 'bea' });
    const ofRoom = await bea.http.streamTickets.create.mutate({ roomId });
    const ofInbox = await bea.http.streamTickets.create.mutate();
    const streams = [];
    for (const { path } of [ofRoom, ofRoom, ofInbox]) {
      const reading = await read(`${world.api.url}${path}`);
      expect(reading.response.status).toBe(200);
      await reading.events.until((items) => items.length > 0);
      streams.push(reading);
    }
    const { id: other } = await bea.http.rooms.create.mutate({ name: 'Other' });
    const refused = [
      room(`?ticket=${ofInbox.ticket}`),
      inbox(`?ticket=${ofRoom.ticket}`),
      `${world.api.url}/api/rooms/${other}/events?ticket=${ofRoom.ticket}`,
      inbox('?ticket='),
      inbox('?ticket=a&ticket=b'),
      inbox(`?ticket=${bea.accessToken}`),
    ];
    for (const url of refused) {
      const response = await fetch(url);
      expect([url, response.status]).toEqual([url, 401]);
      expect(await response.json()).toMatchObject({ code: 'UNAUTHENTICATED', detail: expect.stringMatching(/ticket/) as string });
    }
    // It is no access token either.
    const asToken = await fetch(room(), { headers: { authorization: `Bearer ${ofRoom.ticket}` } });
    expect(asToken.status).toBe(401);
    await bea.http.auth.logout.mutate({});
    for (const { done, events } of streams) {
      await done;
      expect(events.items.at(-1)).toMatchObject({ event: 'problem', data: { code: 'SESSION_REVOKED' } });
    }
    expect((await fetch(`${world.api.url}${ofRoom.path}`)).status).toBe(401);
  });

  test('a key’s ticket reads what the key may, and ends with it', async () => {
    const { id: other } = await ann.http.rooms.create.mutate({ name: 'Elsewhere' });
    const { id, key } = await ann.http.keys.create.mutate({ name: 'reader', scopes: ['messages:read'], rooms: [roomId] });
    const client = world.as(key);
    const { path } = await client.streamTickets.create.mutate({ roomId });
    const reading = await read(`${world.api.url}${path}`);
    await reading.events.until(ofType('hello'));
    await expect(client.streamTickets.create.mutate({ roomId: other })).rejects.toMatchObject({ data: { appCode: 'ROOM_NOT_FOUND' } });
    const elsewhere = `${world.api.url}/api/rooms/${other}/events?ticket=${path.split('ticket=')[1]}`;
    expect((await fetch(elsewhere)).status).toBe(401);
    await ann.http.keys.revoke.mutate({ keyId: id });
    await reading.done;
    expect(reading.events.items.at(-1)).toMatchObject({ event: 'problem', data: { code: 'SESSION_REVOKED' } });
  });

  test('who may not read is told so as a problem, and who is removed is told in the stream', async () => {
    const cay = await world.register('cay');
    const answers = [
      [room(), {}, 401, 'UNAUTHENTICATED'],
      [room(), bearer(cay), 404, 'ROOM_NOT_FOUND'],
      [`${world.api.url}/api/rooms/lobby/events`, bearer(cay), 404, 'ROOM_NOT_FOUND'],
      [room('?after=-1'), bearer(ann), 400, 'VALIDATION'],
      [room('?after=x'), bearer(ann), 400, 'VALIDATION'],
    ] as const;
    for (const [url, headers, status, code] of answers) {
      const response = await fetch(url, { headers });
      expect([url, response.status, await response.json()]).toMatchObject([url, status, { status, code }]);
      expect(response.headers.get('content-type')).toMatch('application/problem+json');
    }
    await ann.http.rooms.addMember.mutate({ roomId, username: 'cay' });
    const reading = await read(room(), bearer(cay));
    await reading.events.until(ofType('hello'));
    await ann.http.rooms.removeMember.mutate({ roomId, username: 'cay' });
    await reading.done;
    expect(reading.events.items.at(-1)!.event).toBe('problem');
  });

  test('HEAD does not open a stream', async () => {
    await expect.poll(() => world.api.counts()).toMatchObject({ readers: 0 });
    const response = await fetch(room(), { method: 'HEAD', headers: bearer(ann) });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, OPTIONS']);
    expect(world.api.counts()).toMatchObject({ readers: 0 });
  });

  test('to a peer of HTTP/1.0 the stream is sent as it is, until the connection ends', async () => {
    const { hostname, port } = new URL(world.api.url);
    const socket = connect(Number(port), hostname);
    const text = new Collected<string>();
    socket.on('data', (data) => text.push(data.toString()));
    socket.write(`GET /api/rooms/${roomId}/events HTTP/1.0\r\nauthorization: Bearer ${ann.accessToken}\r\n\r\n`);
    await text.until((items) => items.join('').includes('"type":"hello"'));
    const [head, body] = text.items.join('').split('\r\n\r\n');
    expect(head).not.toMatch(/transfer-encoding/i);
    expect(head).toMatch(/connection: close/i);
    expect(body).toMatch(/^retry: 1000\n\nid: /);
    socket.destroy();
  });
});

test('sockets and streams of an account count together; an EventSource beyond the limit is told when to come back, others by a status', async () => {
  await using world = await createTestApi({ SOCKETS_PER_ACCOUNT: '2' });
  const ann = await world.register('ann');
  const { id: roomId } = await ann.http.rooms.create.mutate({ name: 'Harbour' });
  const url = `${world.api.url}/api/rooms/${roomId}/events`;
  const headers = { authorization: `Bearer ${ann.accessToken}` };
  const stream = await read(url, headers);
  await stream.events.until(ofType('hello'));
  const open = async () => {
    const ws = new WebSocket(`${world.api.url.replace('http', 'ws')}/ws?roomID=${roomId}`, { headers });
    const closed = once(ws, 'close') as Promise<[number]>;
    const first = Promise.race([once(ws, 'message').then(([data]) => (JSON.parse(String(data)) as { type: string }).type), closed]);
    return { ws, closed, first: await first };
  };
  const socket = await open();
  expect(socket.first).toBe('connection');
  // Both kinds are refused now.
  const refused = await open();
  expect((await refused.closed)[0]).toBe(closeCodes.TOO_MANY_SOCKETS);
  const response = await fetch(url, { headers });
  expect([response.status, await response.json()]).toMatchObject([429, { code: 'RATE_LIMITED' }]);
  const source = await fetch(url, { headers: { ...headers, accept: 'text/event-stream' } });
  expect([source.status, source.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  expect(await source.text()).toMatch(/^retry: 10000\n\nevent: problem\ndata: \{.*"code":"RATE_LIMITED".*\}\n\n$/);
  // What does not pass by itself is said by a status, after which an EventSource does not come again.
  expect((await fetch(url, { headers: { accept: 'text/event-stream' } })).status).toBe(401);
  socket.ws.close();
  await socket.closed;
  await expect.poll(() => world.api.counts().sockets).toBe(1);
  const again = await read(url, headers);
  await again.events.until(ofType('hello'));
  await Promise.all([again.stop(), stream.stop()]);
});

test('streams of an API that stops end with a reason to connect again, and none is lost', async () => {
  await using world = await createTestApi({});
  const ann = await world.register('ann');
  const { id: roomId } = await ann.http.rooms.create.mutate({ name: 'Harbour' });
  const headers = { authorization: `Bearer ${ann.accessToken}` };
  const streams = [
    await read(`${world.api.url}/api/rooms/${roomId}/events`, headers),
    await read(`${world.api.url}/api/inbox/events`, headers),
  ];
  for (const { events } of streams) await events.until((items) => items.length > 0);
  await world.api.close();
  for (const { done, events } of streams) {
    await done;
    expect(events.items.at(-1)).toMatchObject({ event: 'problem', data: { code: 'UNAVAILABLE' } });
  }
});

test('events of a room are written once for all readers, and one who does not read is cut off while the others go on', async () => {
  await using world = await createTestApi({ SOCKET_LOSSY_BYTES: '65536', SOCKET_MAX_BYTES: '262144', LIMIT_SEND_PER_10_S: '1000' });
  const ann = await world.register('ann');
  const { id: roomId } = await ann.http.rooms.create.mutate({ name: 'Harbour' });
  const url = `${world.api.url}/api/rooms/${roomId}/events`;
  const headers = { authorization: `Bearer ${ann.accessToken}` };
  const reading = await read(url, headers);
  await reading.events.until(ofType('hello'));
  // This one takes the head, and nothing more.
  const stuck = await fetch(url, { headers });
  await expect.poll(() => world.api.counts().readers).toBe(2);
  const content = 'x'.repeat(30_000);
  for (let sent = 0; world.api.counts().readers === 2; sent++) {
    expect(sent).toBeLessThan(800);
    await ann.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
  }
  await ann.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'still here' });
  await reading.events.until((items) => contents(items).includes('still here'));
  await reading.stop();
  await stuck.body!.cancel().catch(() => {});
});
