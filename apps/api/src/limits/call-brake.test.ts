import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addressKey, networkOf } from './address-key.js';
import { CallBrake } from './call-brake.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('calls go on after the delay, so many for a key and no more, and nothing is left of them', async () => {
  const brake = new CallBrake(2);
  const done: string[] = [];
  const hold = (name: string, key = 'bob') => brake.hold(key, `the network of ${name}`, 2_000).then(() => void done.push(name));
  const held = [hold('first'), hold('second'), hold('other', 'ann')];
  await expect(brake.hold('bob', 'another network', 2_000)).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    details: { retryAfterMs: 2_000 },
  });
  await vi.advanceTimersByTimeAsync(1_999);
  expect([done, brake.size]).toEqual([[], 2]);
  await vi.advanceTimersByTimeAsync(1);
  await Promise.all(held);
  expect([done, brake.size]).toEqual([['first', 'second', 'other'], 0]);
  const again = hold('again');
  await vi.advanceTimersByTimeAsync(2_000);
  await again;
});

test('one network takes two places of a key, however many addresses it has, and leaves the others', async () => {
  const brake = new CallBrake(20);
  const hold = (address: string) => brake.hold('bob', networkOf(addressKey(address)), 2_000);
  const guesses = await Promise.allSettled([
    ...Array.from({ length: 40 }, (_, i) => Promise.race([hold(`2001:db8:1:${(0xff00 + i).toString(16)}::1`), 'held'])),
    ...Array.from({ length: 5 }, () => Promise.race([hold('192.0.2.66'), 'held'])),
  ]);
  expect(guesses.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
  for (const owner of ['2001:db8:2::1', '192.0.2.67', '::1']) expect(await Promise.race([hold(owner), 'held'])).toBe('held');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(brake.size).toBe(0);
  await expect(Promise.race([hold('192.0.2.66'), 'held'])).resolves.toBe('held');
  await vi.advanceTimersByTimeAsync(2_000);
});
