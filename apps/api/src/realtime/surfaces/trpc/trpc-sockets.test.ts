import { randomUUID } from 'node:crypto';
import { createTRPCClient, createWSClient, httpLink, wsLink, type TRPCClient } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { AppRouter } from '../../../app-router.js';
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
