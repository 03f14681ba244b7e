import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../harness/person.js';
import { startScene } from './harness/scene.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '09 one send, 100 times', apis: 3, workers: 1 });
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('the same send 100 times at once, on three APIs, is one row with one seq and one answer for all', async () => {
  await using scene = await startScene(world, { name: 'repeat', urls: world.apis.map(({ url }) => url) });
  const { roomId, history } = scene;
  const [person] = scene.people;
  const accessToken = person!.client.auth.accessToken()!;
  const ways = world.apis.map(({ url }) => connect(url, { id: person!.id, username: person!.name, accessToken, refreshToken: '' }));
  for (const content of ['just this once', '@ada and once with a call']) {
    const clientId = randomUUID();
    const send = history.sent({ clientId, userId: person!.id, roomId, content });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => {
        const way = ways[i % ways.length]!;
        return (i % 2 === 0 ? way.http : way.socket).messages.send.mutate({ roomId, clientId, content });
      }),
    );
    const told = answers.map(({ message, replies }) => ({
      id: message!.id,
      seq: message!.seq,
      rev: message!.rev,
      replies: replies.map(({ id, seq }) => ({ id, seq })),
    }));
    for (const each of told) expect(each).toEqual(told[0]);
    send.acknowledged = { messageId: told[0]!.id, seq: told[0]!.seq };
    const rows = await world.database.db.$queryRawUnsafe<{ id: string }[]>(
      'select id::text from messages where client_id = $1::uuid',
      clientId,
    );
    expect(rows).toEqual([{ id: told[0]!.id }]);
    // The clientId is used up: another text under it is refused, because it would be taken for a repeat and lost.
    await expect(ways[0]!.http.messages.send.mutate({ roomId, clientId, content: 'something else' })).rejects.toMatchObject({
      data: { appCode: 'CLIENT_ID_REUSED' },
    });
  }
  const truth = await scene.settle();
  expect(truth.messages.flatMap(({ kind }) => (kind === 'system' ? [] : [kind]))).toEqual(['text', 'text', 'reply']);
  await Promise.all(ways.map((way) => way[Symbol.asyncDispose]()));
});
