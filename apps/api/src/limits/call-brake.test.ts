import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CallBrake } from './call-brake.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('calls go on after the delay, so many for a key and no more, and nothing is left of them', async () => {
  const brake = new CallBrake(2);
  const done: string[] = [];
  const hold = (name: string, key = 'bob') => brake.hold(key, 2_000).then(() => void done.push(name));
  const held = [hold('first'), hold('second'), hold('other', 'ann')];
  await expect(brake.hold('bob', 2_000)).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterMs: 2_000 } });
  await vi.advanceTimersByTimeAsync(1_999);
  expect([done, brake.size]).toEqual([[], 2]);
  await vi.advanceTimersByTimeAsync(1);
  await Promise.all(held);
  expect([done, brake.size]).toEqual([['first', 'second', 'other'], 0]);
  const again = hold('again');
  await vi.advanceTimersByTimeAsync(2_000);
  await again;
});
