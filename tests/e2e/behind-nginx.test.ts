import { randomUUID } from 'node:crypto';
import { maxRoomFileBytes } from '@parley/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster, type Cluster } from './harness/cluster.js';
import { startNginx, type Nginx } from './harness/nginx.js';
import { connect, register, type Person } from './harness/person.js';

let cluster: Cluster;
let nginx: Nginx;
let person: Person;

beforeAll(async () => {
  cluster = await startCluster({ apis: 2, workers: 0, variables: { TRUST_PROXY: 'true', REGISTRATION: 'open' } });
  nginx = await startNginx(cluster.apis);
  const account = await register(nginx.url, 'nina');
  person = connect(nginx.url, account);
  await account[Symbol.asyncDispose]();
});
afterAll(async () => {
  await person?.[Symbol.asyncDispose]();
  await nginx?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

/** A body of as many bytes, with its length said or, in pieces, not. */
function body(bytes: number, chunked: boolean): Uint8Array | ReadableStream {
  if (!chunked) return new Uint8Array(bytes).fill(32);
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      controller.enqueue(new Uint8Array(Math.min(left, 64 * 1024)).fill(32));
      left -= 64 * 1024;
    },
  });
}

const upload = (path: string, bytes: number, chunked = false) =>
  fetch(`${nginx.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${person.accessToken}` },
    body: body(bytes, chunked),
    duplex: 'half',
  } as RequestInit);

test.each([
  ['/trpc/messages.send', 3_000_000],
  ['/api/users', 3_000_000],
  ['/', 3_000_000],
  ['/api/rooms/import', maxRoomFileBytes + 1],
])('what is too large for %s is refused to its sender with a problem, and nobody else notices', async (path, bytes) => {
  for (const chunked of [false, true]) {
    const sending = Array.from({ length: 8 }, () => upload(path, bytes, chunked));
    const others = Array.from({ length: 20 }, () => person.http.auth.me.query());
    for (const answer of await Promise.all(sending)) {
      expect([answer.status, answer.headers.get('content-type')]).toEqual([413, 'application/problem+json']);
      expect(await answer.json()).toMatchObject({
        status: 413,
        code: 'PAYLOAD_TOO_LARGE',
        error: { data: { appCode: 'PAYLOAD_TOO_LARGE' } },
      });
    }
    for (const { username } of await Promise.all(others)) expect(username).toBe('nina');
    for (let i = 0; i < 10; i++) expect((await fetch(`${nginx.url}/ready`)).status).toBe(200);
  }
});

test('what an API takes passes nginx too', async () => {
  const { status, code } = await upload('/trpc/messages.send', 2_000_000).then(async (answer) => ({
    status: answer.status,
    code: ((await answer.json()) as { error: { data: { appCode: string } } }).error.data.appCode,
  }));
  expect([status, code]).toEqual([400, 'VALIDATION']);
  // As a file of a room it is no good, but it is read.
  expect((await upload('/api/rooms/import', 8_000_000)).status).toBe(400);
});

test('an API that is gone is not missed', async () => {
  await cluster.apis[0]!.stop();
  for (let i = 0; i < 10; i++) expect((await fetch(`${nginx.url}/ready`)).status).toBe(200);
  const { id: roomId } = await person.http.rooms.create.mutate({ name: 'Behind' });
  const { events } = person.read(roomId);
  await events.until((items) => items.length > 0);
  await person.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'here' });
  await events.until((items) => items.some(({ data }) => data.type === 'message'));
});

test('figures are for operators, not for whoever comes through nginx', async () => {
  expect((await fetch(`${nginx.url}/metrics`)).status).toBe(404);
});
