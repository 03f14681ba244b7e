import type { RoomEvent } from '@parley/contracts';
import { expect, test } from 'vitest';
import { eventStream, problem, ScriptedRest, type RestAnswer } from '../../testing/scripted-rest.js';
import { Parley } from '../parley.js';

const roomId = '11111111-1111-4111-8111-111111111111';
const roomView = {
  id: roomId,
  name: 'Harbour',
  topic: '',
  visibility: 'public' as const,
  memberCount: 1,
  archivedAt: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  rev: 1,
};
const event = (rev: number): RoomEvent => ({ type: 'room', rev, room: { ...roomView, rev } });
const hello = (rev: number): RoomEvent => ({ type: 'hello', rev, seq: 0, replies: [] });

/** A server whose streams are these, one after another. */
async function streaming(...streams: RestAnswer[]) {
  const server = await ScriptedRest.start();
  server.answer = ({ path }) =>
    path.endsWith('/events') ? (streams.shift() ?? problem(401, 'SESSION_REVOKED')) : problem(404, 'NOT_FOUND');
  const room = new Parley({ url: server.url, key: 'parley_key', backoff: { firstMs: 1, maxMs: 1 } }).room(roomId);
  return { server, room };
}

test('events go on after the last that came, whatever ends the stream, and each durable one comes once', async () => {
  let breakOff = () => {};
  const { server, room } = await streaming(
    eventStream((send, response) => {
      send(hello(4));
      send(event(5));
      breakOff = () => response.destroy();
    }),
    problem(503, 'UNAVAILABLE', { retryAfterMs: 1 }),
    eventStream((send, response) => {
      send(hello(7));
      for (const rev of [5, 6, 7]) send(event(rev));
      response.end();
    }),
    eventStream((send) => send(JSON.parse(JSON.stringify(problem(503, 'UNAVAILABLE')[1])) as object, 'problem')),
    eventStream((send) => {
      send({ type: 'resync', rev: 2 });
      send(event(3));
    }),
  );
  await using _server = server;
  const seen: (number | string)[] = [];
  for await (const each of room.events()) {
    seen.push('rev' in each && each.type === 'room' ? each.rev : each.type);
    if (seen.at(-1) === 5) breakOff();
    if (seen.at(-1) === 3) break;
  }
  expect(seen).toEqual(['hello', 5, 'hello', 6, 7, 'resync', 3]);
  expect(server.calls.map(({ query }) => query.get('after'))).toEqual([null, '5', '5', '7', '7']);
  expect(server.calls[0]!.headers.accept).toBe('text/event-stream');
  // The connection of a loop that was left is closed.
  await expect.poll(() => server.calls.at(-1)!.gone).toBe(true);
});

test('events end quietly by a signal, and with the reason where the server refuses', async () => {
  const abort = new AbortController();
  const { server, room } = await streaming(eventStream((send) => send(hello(0))));
  await using _server = server;
  const types: string[] = [];
  for await (const each of room.events({ after: 0, signal: abort.signal })) {
    types.push(each.type);
    setTimeout(() => abort.abort());
  }
  expect(types).toEqual(['hello']);
  await expect.poll(() => server.calls[0]!.gone).toBe(true);
  await expect(room.events().next()).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
});

test('an event that comes in pieces, with other line ends, is one event', async () => {
  const data = JSON.stringify({ ...event(9), text: 'ä'.repeat(50_000) });
  const bytes = Buffer.from(`: a comment\r\nid: 9\r\ndata: ${data}\r\n\r\n`);
  const { server, room } = await streaming((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const cut = [0, 3, 30, 20_001, 60_000, bytes.length];
    for (const [index, start] of cut.slice(0, -1).entries()) response.write(bytes.subarray(start, cut[index + 1]));
  });
  await using _server = server;
  for await (const each of room.events()) {
    expect(each).toEqual(JSON.parse(data));
    break;
  }
});

test('a message is said once, under one id, however often it has to be sent', async () => {
  const server = await ScriptedRest.start();
  await using _server = server;
  const room = new Parley({ url: server.url, key: 'parley_key', backoff: { firstMs: 1, maxMs: 1 } }).room(roomId.toUpperCase());
  server.answer = () =>
    server.calls.length < 3 ? (response) => response.destroy() : [201, { message: { id: 'm' }, replies: [], privateReply: null }];
  expect(await room.say('Hello', { replyTo: null })).toEqual({ id: 'm' });
  const [first] = server.calls;
  expect(first).toMatchObject({ method: 'POST', path: `/api/rooms/${roomId}/messages`, body: { content: 'Hello' } });
  expect(new Set(server.calls.map(({ body }) => body.clientId))).toEqual(new Set([expect.stringMatching(/^[\da-f-]{36}$/)]));
  server.answer = () => [201, { message: null, replies: [], privateReply: { content: 'Help' } }];
  await expect(room.say('/help')).rejects.toMatchObject({ code: 'ANSWERED_PRIVATELY' });
  expect((await room.send('/help')).privateReply?.content).toBe('Help');
});

test('a room is found by its name, if one alone has it', async () => {
  const server = await ScriptedRest.start();
  await using _server = server;
  const parley = new Parley({ url: server.url, key: 'parley_key' });
  const named = (name: string, id: string) => ({ room: { ...roomView, name, id }, mine: {} });
  server.answer = ({ path }) =>
    path === '/api/rooms' ? [200, [named('Pier', 'p'), named('Mole', 'm1'), named('Mole', 'm2')]] : [200, { items: [], rev: 1 }];
  const pier = parley.room('Pier');
  expect([await pier.id(), await pier.id()]).toEqual(['p', 'p']);
  expect(server.calls).toHaveLength(1);
  await expect(parley.room('Mole').say('x')).rejects.toMatchObject({ code: 'AMBIGUOUS_NAME' });
  await expect(parley.room('mole').id()).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
});
