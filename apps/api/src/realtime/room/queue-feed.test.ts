import type { MessageView, QueuedReply } from '@parley/contracts';
import type { RoomQueue } from '@parley/core/sync/load-queue';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { QueueFeed } from './queue-feed.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const reply = (id: string, status: MessageView['status'], kind = 'reply') => ({ id, kind, status }) as MessageView;
const entry = (messageId: string): QueuedReply => ({
  messageId,
  character: { id: 'ada', name: 'Ada' },
  askedBy: { id: 'ann', name: 'Ann' },
  writing: false,
});

function world() {
  const state = { queue: { replies: [], count: 0 } as RoomQueue, reads: 0, fails: false, told: [] as string[][], errors: 0 };
  const feed = new QueueFeed(
    async () => {
      state.reads++;
      if (state.fails) throw new Error('away');
      return state.queue;
    },
    ({ replies }) => state.told.push(replies.map(({ messageId }) => messageId)),
    () => state.errors++,
  );
  const hold = (...ids: string[]) => (state.queue = { replies: ids.map(entry), count: ids.length });
  const settle = () => vi.advanceTimersByTimeAsync(100);
  return { state, feed, hold, settle };
}

test('reads the queue once for changes that come together, and tells only what is new', async () => {
  const { state, feed, hold, settle } = world();
  hold('a', 'b');
  feed.note(reply('a', 'queued'));
  feed.note(reply('b', 'queued'));
  await settle();
  expect([state.reads, state.told]).toEqual([1, [['a', 'b']]]);
  feed.note(reply('a', 'streaming'));
  await settle();
  expect([state.reads, state.told.length]).toEqual([2, 1]);
  expect(feed.event).toMatchObject({ type: 'queue', count: 2 });
  hold();
  feed.note(reply('a', 'complete'));
  feed.note(reply('b', 'failed'));
  await settle();
  expect(state.told.at(-1)).toEqual([]);
  expect(feed.event).toBeNull();
});

test('reads nothing for a message that is no reply, or a reply that was not in the queue', async () => {
  const { state, feed, settle } = world();
  feed.note(reply('a', null, 'text'));
  feed.note(reply('b', 'complete'));
  feed.replace([]);
  feed.retry();
  await settle();
  expect(state.reads).toBe(0);
});

test('a reading that failed is made again when heads are compared, and nothing is told after the end', async () => {
  const { state, feed, hold, settle } = world();
  state.fails = true;
  feed.replace(['a']);
  await settle();
  expect([state.reads, state.errors, state.told]).toEqual([1, 1, []]);
  state.fails = false;
  hold('a');
  feed.retry();
  await settle();
  expect(state.told).toEqual([['a']]);
  feed.note(reply('a', 'complete'));
  feed.close();
  await settle();
  expect(state.reads).toBe(2);
});

test('what changes while the queue is read is read again', async () => {
  const { state, feed, hold, settle } = world();
  let answer: (queue: RoomQueue) => void = () => {};
  const slow = new QueueFeed(
    () => new Promise((resolve) => (state.reads++, (answer = resolve))),
    ({ replies }) => state.told.push(replies.map(({ messageId }) => messageId)),
    () => state.errors++,
  );
  feed.close();
  slow.note(reply('a', 'queued'));
  await settle();
  slow.note(reply('b', 'queued'));
  answer(hold('a'));
  await settle();
  expect(state.reads).toBe(2);
  answer(hold('a', 'b'));
  await settle();
  expect(state.told).toEqual([['a'], ['a', 'b']]);
  slow.close();
});
