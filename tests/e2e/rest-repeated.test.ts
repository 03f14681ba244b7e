import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster, type Cluster } from './harness/cluster.js';
import { register, type Person } from './harness/person.js';

let cluster: Cluster;
let olga: Person;

beforeAll(async () => {
  cluster = await startCluster({ apis: 3 });
  olga = await register(cluster.apis[0]!.url, 'olga');
});
afterAll(async () => {
  await olga?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

/** A POST to one of the APIs. */
async function post(api: number, path: string, body: object, key: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${cluster.apis[api]!.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${olga.accessToken}`, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test('a request that comes to three APIs at once with one key is done once, and answered alike after the API that did it was killed', async () => {
  const [key, ofMessage] = [randomUUID(), randomUUID()];
  const made = await Promise.all([0, 1, 2, 0, 1, 2].map((api) => post(api, '/api/rooms', { name: 'Once' }, key)));
  for (const { status, body } of made) expect([status, body]).toEqual([201, made[0]!.body]);
  const path = `/api/rooms/${String(made[0]!.body['id'])}/messages`;
  const sent = await Promise.all([0, 1, 2].map((api) => post(api, path, { content: 'ahoy' }, ofMessage)));
  for (const { body } of sent) expect(body).toEqual(sent[0]!.body);

  cluster.apis[0]!.signal('SIGKILL');
  expect(await post(1, '/api/rooms', { name: 'Once' }, key)).toEqual(made[0]);
  expect(await post(2, path, { content: 'ahoy' }, ofMessage)).toEqual(sent[0]);
  expect(await post(2, '/api/rooms', { name: 'Another' }, key)).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  const rooms = await fetch(`${cluster.apis[1]!.url}/api/rooms`, { headers: { authorization: `Bearer ${olga.accessToken}` } });
  const names = ((await rooms.json()) as { room: { name: string } }[]).map(({ room }) => room.name);
  expect(names.filter((name) => name === 'Once' || name === 'Another')).toEqual(['Once']);
});
