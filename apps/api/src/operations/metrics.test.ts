import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createTestApi, type TestApi, type TestUser } from '../testing/test-api.js';

/** The series of a process: each name with its labels, and its value. */
async function seriesOf({ api }: TestApi): Promise<Map<string, number>> {
  const lines = (await (await fetch(`${api.url}/metrics`)).text()).split('\n');
  return new Map(
    lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => [line.replace(/ \S+$/, ''), Number(line.split(' ').at(-1))]),
  );
}

describe('metrics', () => {
  let world: TestApi;
  let [ann, ben]: TestUser[] = [];
  beforeAll(async () => {
    world = await createTestApi({ MAX_CALLS: '100000' });
    [ann, ben] = [await world.register('ann'), await world.register('ben')];
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('sends, deliveries, sockets and errors are what the clients counted', async () => {
    const before = await seriesOf(world);
    const { id: roomId } = await ann!.http.rooms.create.mutate({ name: 'Counted', visibility: 'public' });
    await ben!.http.rooms.join.mutate({ roomId });
    const { trpc, ws } = world.socket(ben!.accessToken);
    const got: string[] = [];
    const reading = await new Promise<{ unsubscribe(): void }>((resolve) => {
      const subscription = trpc.rooms.events.subscribe(
        { roomId },
        {
          onData({ data }) {
            if (data.type === 'hello') resolve(subscription);
            else got.push(data.type);
          },
        },
      );
    });
    const sends = 12;
    for (let i = 0; i < sends; i++) await ann!.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: `No. ${i}` });
    for (let i = 0; i < 3; i++) await ann!.http.messages.get.query({ messageId: randomUUID() }).catch(() => {});
    await vi.waitFor(() => expect(got.filter((type) => type === 'message')).toHaveLength(sends));
    reading.unsubscribe();
    await ws.close();
    const grown = async (series: string) => (await seriesOf(world)).get(series)! - (before.get(series) ?? 0);
    await vi.waitFor(async () => expect(await grown('parley_sockets_closed_total{code="1005"}')).toBe(1));
    expect(await grown('parley_sockets_opened_total')).toBe(1);
    expect(await grown('parley_call_seconds_count{path="messages.send",type="mutation",outcome="ok"}')).toBe(sends);
    expect(await grown('parley_errors_total{code="MESSAGE_NOT_FOUND"}')).toBe(3);
    const durable = got.filter((type) => !['presence', 'typing', 'queue'].includes(type)).length;
    expect(await grown('parley_events_delivered_total{kind="durable"}')).toBe(durable);
    expect(await grown('parley_events_delivered_total{kind="ephemeral"}')).toBe(got.length - durable);
    expect(await grown('parley_fan_out_seconds_count')).toBeGreaterThan(0);
    expect(await grown('parley_sockets')).toBe(0);
  });

  test('what strangers make up grows no series: names, paths, codes, ids', async () => {
    const wave = async (n: number) => {
      for (const path of ['/trpc/made.up', '/api/made-up', '/v1/', '/', '/assets/', '/chat/', '/api/rooms/'])
        for (const method of ['GET', 'POST', 'DELETE', 'PUT'])
          await fetch(`${world.api.url}${path}${n}-${randomUUID()}`, {
            method,
            headers: { traceparent: randomUUID(), 'user-agent': `${n}` },
          });
      await fetch(`${world.api.url}/trpc/auth.login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: `made-up-${n}`, password: randomUUID() }),
      });
      await ann!.http.messages.get.query({ messageId: randomUUID() }).catch(() => {});
      await ann!.http.rooms.create.mutate({ name: `Room ${n} ${randomUUID()}`, visibility: 'private' });
      for (const code of [3000 + n, 4600 + n]) {
        const socket = new WebSocket(`${world.api.url.replace('http', 'ws')}/trpc`);
        await once(socket, 'open');
        socket.close(code, `made up ${n}`);
        await once(socket, 'close');
      }
      await vi.waitFor(() => expect(world.api.counts().sockets).toBe(0));
    };
    await wave(1);
    const first = [...(await seriesOf(world)).keys()];
    for (let n = 2; n < 5; n++) await wave(n);
    const last = [...(await seriesOf(world)).keys()];
    // A collection of garbage that had not happened before is a series of Node's own; what the database knows is left out of a scrape that
    // it keeps waiting.
    const ours = (names: string[]) => names.filter((name) => /^parley_(?!jobs|table_bytes)/.test(name)).sort();
    expect(ours(last)).toEqual(ours(first));
    expect(ours(last).join('\n')).not.toMatch(/made|[0-9a-f]{8}-[0-9a-f]{4}/);
    expect(last.length).toBeLessThan(2_000);
  });
});

test('with a port of their own the metrics are not on that of the world', async () => {
  await using world = await createTestApi({ METRICS_PORT: '0' });
  expect((await fetch(`${world.api.url}/metrics`)).status).toBe(404);
});
