import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApi, type TestApi } from './testing/test-api.js';

let world: TestApi;
beforeAll(async () => {
  world = await createTestApi();
});
afterAll(() => world[Symbol.asyncDispose]());

test('a body that is not in UTF-8 is refused on every surface, and not stored with signs in the place of what it said', async () => {
  const owner = await world.register('umlaut');
  const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Größe' });
  const { url: hook } = await owner.http.hooks.create.mutate({ roomId, name: 'Maße' });
  const content = 'Größe';
  const doors: [path: string, body: object][] = [
    [`/api/rooms/${roomId}/messages`, { content }],
    ['/trpc/messages.send', { roomId, clientId: randomUUID(), content }],
    ['/api/chat', { session_id: 'sizes', message: content }],
    ['/v1/chat/completions', { model: 'ada', messages: [{ role: 'user', content }] }],
    ['/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'send_message', arguments: { roomId, content } } }],
    [hook, { content }],
    [hook, { text: content }],
  ];
  const post = async (path: string, body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) => {
    const accept = 'application/json, text/event-stream';
    const sent = { authorization: `Bearer ${owner.accessToken}`, accept, 'content-type': 'application/json', ...headers };
    const response = await fetch(`${world.api.url}${path}`, { method: 'POST', headers: sent, body });
    return { status: response.status, text: await response.text() };
  };
  for (const [path, body] of doors) {
    const latin = new Uint8Array(Buffer.from(JSON.stringify(body), 'latin1'));
    for (const type of ['application/json', 'application/json; charset=iso-8859-1'])
      expect(await post(path, latin, { 'content-type': type })).toMatchObject({
        status: 400,
        text: expect.stringContaining('not in UTF-8') as string,
      });
    const zipped = await post(path, new Uint8Array(gzipSync(JSON.stringify(body))), { 'content-encoding': 'gzip' });
    expect(zipped).toMatchObject({ status: 400, text: expect.stringContaining('content-encoding') as string });
  }
  const said = async () => (await owner.http.messages.list.query({ roomId })).items.filter(({ kind }) => kind === 'text');
  expect(await said()).toEqual([]);
  // A byte order mark is no part of the text. OpenAI's protocol posts nowhere.
  const marked = doors.filter(([path]) => !path.startsWith('/v1') && path !== '/api/chat');
  for (const [path, body] of marked) {
    const answer = await post(path, new Uint8Array(Buffer.from(`\ufeff${JSON.stringify(body)}`)));
    expect([path, answer.status]).toEqual([path, expect.toBeOneOf([200, 201])]);
  }
  expect((await said()).map((message) => message.content)).toEqual(marked.map(() => content));
});
