import { randomUUID } from 'node:crypto';
import { postMessage } from '@parley/core/messages/post-message';
import { searchMessages } from '@parley/core/messages/search-messages';
import { QuietLog } from '@parley/core/quiet-log';
import { createTestWorld } from '@parley/core/testing';
import { expect, it, vi } from 'vitest';
import { WordIndex } from './word-index.js';

it('writes the words that are missing, at its start and again and again, until it is stopped', async () => {
  await using world = await createTestWorld();
  const { db } = world.deps;
  const words = new WordIndex({ ...world.deps, quietLog: new QuietLog(world.deps.log) }, { everyMs: 5, restMs: 0 });
  const found = async () => (await searchMessages(world.deps, world.owner.actor, { query: '上海', limit: 200 })).items.length;
  const send = () =>
    world.access.run(world.owner.actor, world.room.id, 'messages.send', (room) =>
      postMessage(world.deps, room, { clientId: randomUUID(), content: '我家在上海东边' }),
    );
  // More than one step.
  for (let n = 0; n < 101; n++) await send();
  await db.$executeRaw`update messages set words = null`;
  expect(await found()).toBe(0);
  words.start();
  await expect.poll(found).toBe(101);
  await send();
  await db.$executeRaw`update messages set words = null where content <> ''`;
  await expect.poll(found).toBe(102);
  await words.stop();
  const broken = vi.spyOn(db, '$queryRaw').mockRejectedValueOnce(new Error('away'));
  expect(await words.fill()).toBe(0);
  expect(world.logged.at(-1)).toMatchObject({ level: 'warn' });
  broken.mockRestore();
});
