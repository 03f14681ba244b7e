import { setTimeout as delay } from 'node:timers/promises';
import type { RoomSession } from '@parley/client/trpc';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { words } from '@parley/model-server';
import { startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '15 a rolling restart', apis: 2, workers: 2 });
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('every API and worker is restarted under load, one after another, and no error reaches a person', async () => {
  await using scene = await startScene(world, { name: 'rolling', urls: Array.from({ length: 6 }, () => world.frontUrl) });
  const { people, roomId, readers, history } = scene;
  world.model.script(() => ({
    steps: words('An answer that takes a while, so that some are always under way.').flatMap((word) => [word, { waitMs: 20 }]),
  }));
  // What the page would show as an error: a room that failed, a message that was not sent.
  const shown: string[] = [];
  const sessions = readers.flatMap((reader) => ('session' in reader ? [reader.session as RoomSession] : []));
  for (const session of sessions) {
    session.subscribe(() => {
      const { status, error, pending } = session.getSnapshot();
      if (status === 'failed') shown.push(`the room: ${error?.message}`);
      for (const message of pending) if (message.state === 'failed') shown.push(`a message: ${message.error?.message}`);
    });
  }
  let rolling = true;
  let written = 0;
  // The page's own outbox sends one message after the other, as people type.
  const load = sessions.map(async (session, i) => {
    for (let n = 0; rolling; n++) {
      const content = n % 10 === i ? `/ask ${n} of ${i}` : `message ${n} of ${i}`;
      const clientId = session.send(content);
      history.sent({ clientId, userId: people[i]!.id, roomId, content });
      written++;
      await until(`message ${n} of ${i} is sent`, () => session.getSnapshot().pending.every((message) => message.clientId !== clientId));
      await delay(world.chance.between(20, 150));
    }
  });
  for (const process of [...world.apis, ...world.workers]) {
    const before = written;
    await until('the load goes on', () => written > before + 10);
    // Exit code 0: the process finished what it had begun, or handed it over.
    expect([process.name, await process.stop()]).toEqual([process.name, 0]);
    await process.start();
  }
  rolling = false;
  await Promise.all(load);
  const truth = await scene.settle();
  expect(shown).toEqual([]);
  expect(truth.messages.filter(({ kind }) => kind === 'text')).toHaveLength(written);
  const replies = truth.messages.filter(({ kind }) => kind === 'reply');
  expect(replies.length).toBeGreaterThan(5);
  for (const { status } of replies) expect(status).toBe('complete');
});
