import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { Collected, createTestApi } from '../testing/test-api.js';

test('a stopping API asks its sockets to move, turns new ones away, and serves the old ones until it closes them', async () => {
  await using world = await createTestApi({ STOP_DRAIN_MS: '1500' });
  const owner = await world.register('olga');
  const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Harbour' });
  const client = world.socket(owner.accessToken);
  const events = new Collected<{ data: { type: string } }>();
  client.trpc.rooms.events.subscribe({ roomId }, { onData: (event) => events.push(event as { data: { type: string } }) });
  await events.until((items) => items.length >= 1);
  const socket = client.ws.connection!.ws;
  const frames: string[] = [];
  socket.addEventListener('message', (message) => frames.push(String(message.data)));
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener('close', (event) => resolve(event.code));
  });

  const closing = world.api.close();
  expect((await fetch(`${world.api.url}/ready`)).status).toBe(503);
  await expect.poll(() => frames.some((frame) => frame.includes('"reconnect"'))).toBe(true);
  // There is nowhere else to go, so the old socket still delivers.
  await client.trpc.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'said while it stops' });
  await events.until((items) => items.some(({ data }) => data.type === 'message'));
  expect(await closed).toBe(4000);
  await client.ws.close();
  await closing;
});
