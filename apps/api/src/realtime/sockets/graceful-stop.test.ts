import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { Collected } from '../../../../../tests/e2e/harness/collected.js';
import { createTestApi } from '../../testing/test-api.js';

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

test('who knocks at a stopping API and hangs up rudely does it no harm', async () => {
  await using world = await createTestApi({ STOP_DRAIN_MS: '1500' });
  const owner = await world.register('olga');
  const staying = world.socket(owner.accessToken);
  await staying.trpc.auth.me.query();
  const unheard: unknown[] = [];
  const note = (error: unknown) => unheard.push(error);
  process.on('uncaughtException', note);
  try {
    const closing = world.api.close();
    for (let n = 0; n < 5; n++) {
      const late = connect(world.api.port, '127.0.0.1');
      await once(late, 'connect');
      const answer = once(late, 'data');
      late.write(
        'GET /trpc HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      );
      expect(String((await answer)[0])).toMatch(/^HTTP\/1\.1 503 /);
      late.resetAndDestroy();
      await once(late, 'close');
    }
    await staying.ws.close();
    await closing;
  } finally {
    process.off('uncaughtException', note);
  }
  expect(unheard).toEqual([]);
});

test('a stopping API does not wait for a connection on which nothing was said, and cuts off no call', async () => {
  await using world = await createTestApi();
  const unused = connect(world.api.port, '127.0.0.1');
  await once(unused, 'connect');
  const closed = once(unused, 'close');
  await world.api.close();
  await closed;
  expect(world.logged.filter((line) => line.includes('cut off'))).toEqual([]);
});
