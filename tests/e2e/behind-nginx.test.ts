import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type SecureVersion, type TLSSocket } from 'node:tls';
import { maxRoomFileBytes } from '@parley/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { makeCertificates } from '../../scripts/lib/servers/certificates.mjs';
import { freePort } from '../../scripts/lib/servers/ports.mjs';
import { startCluster, type Cluster } from './harness/cluster.js';
import { startNameServer } from './harness/name-server.js';
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

test('where nginx ends TLS, nobody speaks an old version, browsers are told to stay, and sockets pass', async () => {
  const { ca: caFile, directory } = makeCertificates(mkdtempSync(join(tmpdir(), 'parley-tls-')));
  const ca = readFileSync(caFile);
  await using secure = await startNginx(cluster.apis, { tls: directory });
  const { host, port } = new URL(secure.url);
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    get(`${secure.url}/ready`, { ca }, (answer) => resolve(answer.resume())).on('error', reject),
  );
  expect([response.statusCode, response.headers['strict-transport-security']]).toEqual([200, 'max-age=31536000']);
  /** The version that both sides agree on, or null. */
  const spoken = (version: SecureVersion) =>
    new Promise<string | null>((resolve) => {
      const options = { port: Number(port), ca, minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' } as const;
      const socket: TLSSocket = connectTls({ host: '127.0.0.1', ...options }, () => {
        resolve(socket.getProtocol());
        socket.destroy();
      }).on('error', () => resolve(null));
    });
  expect(await Promise.all((['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const).map(spoken))).toEqual([null, null, 'TLSv1.2', 'TLSv1.3']);
  const ws = new WebSocket(`wss://${host}/trpc?connectionParams=1`, { ca });
  await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject));
  ws.terminate();
  await rm(directory, { recursive: true, force: true });
});

test('a name is asked for again: an API that came at another address is found, and of several addresses a dead one is passed over', async () => {
  const port = await freePort();
  /** Stands for an API: says where it is. */
  const listen = async (address: string) => {
    const server = createServer((_request, response) => response.end(address)).listen(port, address);
    await once(server, 'listening');
    return { address, stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()) };
  };
  const [first, second] = [await listen('127.0.0.2'), await listen('127.0.0.3')];
  await using names = await startNameServer([first.address]);
  await using named = await startNginx([], { api: `api.test:${port}`, resolver: `${names.address} valid=1s ipv6=off` });
  const where = () => fetch(named.url).then((answer) => answer.text());
  expect(await where()).toBe(first.address);
  names.setAddresses([second.address]);
  await first.stop();
  // What was resolved before is believed for its second.
  await expect.poll(where).toBe(second.address);
  names.setAddresses([first.address, second.address]);
  const asked = names.asked();
  await expect.poll(async () => (await where(), names.asked())).toBeGreaterThan(asked);
  for (let i = 0; i < 20; i++) expect(await where()).toBe(second.address);
  await second.stop();
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
