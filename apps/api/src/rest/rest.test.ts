import { describe, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../testing/test-api.js';

interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** Calls REST as a program would that has nothing but HTTP and JSON. */
function restOf({ api: { url } }: TestApi, token?: string) {
  return async (method: string, path: string, json?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: typeof json === 'string' ? json : JSON.stringify(json) }),
    });
    const text = await response.text();
    const isJson = /^application\/(?:problem\+)?json\b/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson && text !== '' ? (JSON.parse(text) as unknown) : text };
  };
}

describe('REST', () => {
  test('a person registers, makes a room, speaks, reads it and finds it, by plain HTTP, as tRPC shows it', async () => {
    await using world = await createTestApi();
    const registered = await restOf(world)('POST', '/api/auth/register', { username: 'olga', password: 'a good password' });
    expect(registered).toMatchObject({ status: 201, body: { user: { username: 'olga' } } });
    const { accessToken } = registered.body as { accessToken: string };
    const rest = restOf(world, accessToken);
    const trpc = world.as(accessToken);
    const room = await rest('POST', '/api/rooms', { name: 'Harbour' });
    expect(room).toMatchObject({ status: 201, body: { name: 'Harbour', visibility: 'public' } });
    const { id: roomId } = room.body as { id: string };
    const sent = await rest('POST', `/api/rooms/${roomId}/messages`, { clientId: crypto.randomUUID(), content: 'the tide is in' });
    expect(sent).toMatchObject({ status: 201, body: { message: { content: 'the tide is in' }, replies: [] } });
    expect((await rest('GET', `/api/rooms/${roomId}`)).body).toEqual(await trpc.rooms.get.query({ roomId }));
    expect((await rest('GET', `/api/rooms/${roomId}/messages?limit=1`)).body).toEqual(await trpc.messages.list.query({ roomId, limit: 1 }));
    expect((await rest('GET', '/api/search?query=tide')).body).toEqual(await trpc.messages.search.query({ query: 'tide' }));
    expect((await rest('GET', '/api/me')).body).toEqual(await trpc.auth.me.query());
  });
});
