import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createTestApi } from '../testing/test-api.js';

test('while the database takes no writes, they are refused with a sentence, and reads go on', async () => {
  await using world = await createTestApi();
  const ann = await world.register('ann');
  const { id: roomId } = await ann.http.rooms.create.mutate({ name: 'Full' });
  const send = (content: string) => ann.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
  await send('before');
  // What FullDiskGuard does, and how a standby of PostgreSQL answers.
  const readOnly = (on: boolean) =>
    world.database.withSession((session) => session.exec(`set default_transaction_read_only = ${on ? 'on' : 'off'}`));
  await readOnly(true);
  for (let i = 0; i < 3; i++) {
    await expect(send('too much')).rejects.toMatchObject({
      message: 'Nothing can be stored for the moment: the server’s disk is full, or its database is read-only. Reading goes on.',
      data: { appCode: 'UNAVAILABLE', retryAfterMs: expect.any(Number) as number },
    });
  }
  expect((await ann.http.messages.list.query({ roomId })).items.map(({ content }) => content)).toContain('before');
  await readOnly(false);
  await send('after');
  expect(world.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
});
