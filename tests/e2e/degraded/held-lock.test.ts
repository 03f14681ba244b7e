import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { readHealth } from '../faults/harness/health.js';
import { holdRoom } from '../faults/harness/hold-room.js';
import { startWorld, type World } from '../faults/harness/world.js';
import { register, type Person } from '../harness/person.js';

let world: World;
const connections = 4;
const connectMs = 3_000;

beforeAll(async () => {
  world = await startWorld({
    name: 'a held lock',
    apis: 1,
    workers: 1,
    variables: {
      DATABASE_POOL: String(connections),
      DATABASE_CONNECT_MS: String(connectMs),
      // No statement may be ended here because it takes long.
      DATABASE_STATEMENT_MS: '240000',
      CALL_PATIENCE_MS: '300',
      LIMIT_ROOMS_PER_HOUR: '100000',
    },
  });
});
afterEach(() => world?.restore());
afterAll(() => world?.[Symbol.asyncDispose]());

const send = ({ http }: Person, roomId: string, content: string) => http.messages.send.mutate({ roomId, clientId: randomUUID(), content });

async function makeRooms(person: Person, count: number): Promise<string[]> {
  const rooms: string[] = [];
  for (let i = 0; i < count; i++) rooms.push((await person.http.rooms.create.mutate({ name: `Room ${i}` })).id);
  return rooms;
}

test('while more writes wait for one room than there are connections nobody is refused anywhere, and all are stored once when they go on', async () => {
  const { url } = world.apis[0]!;
  await using person = await register(url, 'holder');
  const [held, ...others] = await makeRooms(person, 7);
  // The API has all its connections before they are needed at once.
  await Promise.all(others.map((roomId) => send(person, roomId, 'before')));

  const said = Array.from({ length: 12 }, (_, i) => `in the held room ${i}`);
  const states = new Set<'ok' | 'away'>();
  const settled: string[] = [];
  const answers = await holdRoom(world.database, held!, async (room) => {
    const watched = (call: Promise<unknown>) =>
      call.then(() => settled.push('stored')).catch((error: unknown) => settled.push(String(error)));
    const calls = said.map((content) => watched(send(person, held!, content)));
    await room.waiting(connections);
    for (const roomId of others)
      calls.push(watched(send(person, roomId, 'elsewhere')), watched(person.http.messages.list.query({ roomId, limit: 10 })));
    // Wait longer than a new connection may take, than the database may be silent, and than a call waits for a silent database.
    for (let i = 0; i < 30; i++) {
      states.add((await readHealth(url)).parts['database']!);
      await delay((3 * connectMs) / 30);
    }
    expect(settled).toEqual([]);
    await room.release();
    await Promise.all(calls);
    return settled;
  });
  expect(answers).toEqual(Array.from({ length: said.length + 2 * others.length }, () => 'stored'));
  expect([...states]).toEqual(['ok']);
  const stored = await world.database.db.message.findMany({ where: { roomId: { in: [held!, ...others] }, kind: 'text' } });
  expect(stored.map(({ content }) => content).toSorted()).toEqual([...said, ...others.flatMap(() => ['before', 'elsewhere'])].toSorted());
});

test('a write that waits for its room for longer than a statement may take is refused alone, and may be sent again', async () => {
  const [api] = world.apis;
  await api!.stop();
  await api!.start({ DATABASE_STATEMENT_MS: '4000', DATABASE_CONNECT_MS: '60000' });
  await using person = await register(api!.url, 'waiter');
  const [held, other] = await makeRooms(person, 2);
  const message = { roomId: held!, clientId: randomUUID(), content: 'at last' };
  const again = await holdRoom(world.database, held!, async (room) => {
    const refused = person.http.messages.send.mutate(message).catch((error: unknown) => error);
    await room.waiting(1);
    await send(person, other!, 'elsewhere');
    expect(await refused).toMatchObject({ data: { appCode: 'UNAVAILABLE', retryAfterMs: expect.any(Number) as number } });
    expect((await readHealth(api!.url)).parts).toMatchObject({ database: 'ok' });
    await room.release();
    return await person.http.messages.send.mutate(message);
  });
  expect(again.message).toMatchObject({ content: 'at last' });
  expect(await world.database.db.message.count({ where: { roomId: held!, kind: 'text' } })).toBe(1);
});
