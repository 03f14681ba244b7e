import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FairQueue, type FairQueueOptions } from './fair-queue.js';

/** A queue whose turns are noted as they begin, and end by hand. */
function watched(options: FairQueueOptions) {
  const queue = new FairQueue(options);
  const begun: string[] = [];
  const leaves = new Map<string, () => void>();
  return {
    queue,
    begun,
    enter(name: string) {
      const turn = queue.enter(name[0]!);
      leaves.set(name, () => turn.leave());
      if (turn.begins === null) begun.push(name);
      else void turn.begins.then(() => begun.push(name));
    },
    async leave(name: string) {
      leaves.get(name)!();
      await setImmediate();
    },
  };
}

test('a caller has so many turns at once, and waits for these alone; another begins at once', async () => {
  const { enter, leave, begun, queue } = watched({ perCaller: 2, maxWaiting: 10 });
  for (const name of ['a1', 'a2', 'a3', 'a4', 'b1']) enter(name);
  expect(begun).toEqual(['a1', 'a2', 'b1']);
  await leave('b1');
  expect(begun).toHaveLength(3);
  await leave('a2');
  await leave('a1');
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
  await leave('a3');
  await leave('a4');
  expect([queue.isIdle('a'), queue.isIdle('b')]).toEqual([true, true]);
});

test('where all have too much under way, they take turns, however many each asked for before', async () => {
  const { enter, leave, begun } = watched({ perCaller: 4, atOnce: 2, maxWaiting: 10 });
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'c1']) enter(name);
  for (let i = 0; i < begun.length; i++) await leave(begun[i]!);
  expect(begun).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'a4', 'b2', 'a5']);
});

test('beyond what one may have waiting the caller is refused with a time to come back, and nobody else', async () => {
  const { enter, leave, queue } = watched({ perCaller: 1, maxWaiting: 2 });
  for (const name of ['a1', 'a2', 'a3']) enter(name);
  expect(() => queue.enter('a')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED', details: { retryAfterMs: 1_000 } }));
  enter('b1');
  await leave('a1');
  expect(() => enter('a4')).not.toThrow();
});

test('who leaves before the turn came takes none, and leaves nothing behind', async () => {
  const { enter, leave, begun, queue } = watched({ perCaller: 1, atOnce: 1, maxWaiting: 10 });
  for (const name of ['a1', 'a2', 'a3', 'b1']) enter(name);
  await leave('a2');
  await leave('b1');
  expect(queue.isIdle('b')).toBe(true);
  await leave('a1');
  expect(begun).toEqual(['a1', 'a3']);
  await leave('a3');
  expect(queue.isIdle('a')).toBe(true);
  enter('c1');
  expect(begun).toEqual(['a1', 'a3', 'c1']);
});

test('nobody who comes anew begins before one who waits, however quickly they come', async () => {
  const { queue, enter, begun } = watched({ perCaller: 8, atOnce: 1, maxWaiting: 1_000 });
  let running = queue.enter('a');
  enter('victim');
  for (let i = 0; i < 10; i++) {
    running.leave();
    running = queue.enter('n');
    await setImmediate();
  }
  expect(begun).toEqual(['victim']);
});
