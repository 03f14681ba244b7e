import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HeadSchedule } from './head-schedule.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function open() {
  let sweeps = 0;
  let answer = () => {};
  const rechecked: string[][] = [];
  const schedule = new HeadSchedule(
    { headSweepMs: 1_000, headRecheckMs: 100 },
    {
      all: () => {
        sweeps++;
        return new Promise<void>((resolve) => (answer = resolve));
      },
      of: async (roomIds) => void rechecked.push(roomIds),
    },
  );
  return { schedule, rechecked, sweeps: () => sweeps, answer: () => answer() };
}

test('all heads are compared again and again, one comparison after the other, within a fifth of the interval', async () => {
  const { schedule, sweeps, answer } = open();
  await vi.advanceTimersByTimeAsync(799);
  expect(sweeps()).toBe(0);
  await vi.advanceTimersByTimeAsync(401);
  expect(sweeps()).toBe(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(sweeps()).toBe(1);
  answer();
  await vi.advanceTimersByTimeAsync(1_200);
  expect(sweeps()).toBe(2);
  schedule.close();
});

test('rooms that are new at the same moment are compared once more, together', async () => {
  const { schedule, rechecked } = open();
  schedule.recheckSoon('a');
  await vi.advanceTimersByTimeAsync(50);
  schedule.recheckSoon('b');
  schedule.recheckSoon('a');
  await vi.advanceTimersByTimeAsync(50);
  schedule.recheckSoon('c');
  await vi.advanceTimersByTimeAsync(100);
  expect(rechecked).toEqual([['a', 'b'], ['c']]);
  schedule.close();
});

test('closed, it compares nothing more and holds no timer, also where a comparison was under way', async () => {
  const { schedule, rechecked, sweeps, answer } = open();
  await vi.advanceTimersByTimeAsync(1_200);
  schedule.recheckSoon('a');
  schedule.close();
  answer();
  await vi.advanceTimersByTimeAsync(10_000);
  expect([sweeps(), rechecked]).toEqual([1, []]);
  expect(vi.getTimerCount()).toBe(0);
});
