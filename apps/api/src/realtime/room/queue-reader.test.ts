import { AppError } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { EventBatch } from './event-batch.js';
import { durableOut } from './out-event.js';
import { QueueReader } from './queue-reader.js';

const reader = (maxQueued = 100) => new QueueReader({ userId: 'u', sessionId: 's' }, 'c', maxQueued);
const batch = (...revs: number[]) => new EventBatch(revs.map((rev) => durableOut({ type: 'resync', rev } as never)));

describe('a reader over an iterator', () => {
  test('gives events in order, those queued before and those that come while it waits', async () => {
    const queue = reader();
    queue.deliver(batch(1, 2));
    const events = queue.events();
    const ids: string[] = [];
    ids.push((await events.next()).value!.id);
    queue.deliver(batch(3));
    ids.push((await events.next()).value!.id, (await events.next()).value!.id);
    const waiting = events.next();
    queue.deliver(batch(4));
    ids.push((await waiting).value!.id);
    expect(ids).toEqual(['1', '2', '3', '4']);
  });

  test('ended quietly it returns, also while it waits; nothing that comes later is given', async () => {
    const queue = reader();
    const waiting = queue.events().next();
    queue.end(null);
    queue.deliver(batch(1));
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('ended with an error it throws that one, not what was queued nor a later reason', async () => {
    const queue = reader();
    queue.deliver(batch(1));
    queue.end(new AppError('ROOM_NOT_FOUND'));
    queue.end(null);
    await expect(queue.events().next()).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
  });

  test('a reader that does not read is ended, and holds nothing', async () => {
    const queue = reader(10);
    queue.deliver(batch());
    for (let rev = 1; rev <= 11; rev++) queue.deliver(batch(rev));
    await expect(queue.events().next()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('what it missed is given however much that is: refused, it would come back to the same', async () => {
    const queue = reader(10);
    queue.deliver(batch(...Array.from({ length: 30 }, (_, i) => i + 1)));
    for (let rev = 31; rev <= 40; rev++) queue.deliver(batch(rev));
    const ids: string[] = [];
    for await (const { id } of queue.events()) {
      ids.push(id);
      if (ids.length === 40) queue.end(null);
    }
    expect(ids).toEqual(Array.from({ length: 40 }, (_, i) => String(i + 1)));
  });
});
