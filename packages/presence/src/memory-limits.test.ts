import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { describeLimits, refusalOf } from './limits.contract.js';
import type { LimitRule } from './limits.js';
import { createMemoryLimits } from './memory-limits.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describeLimits('memory', async () => ({
  limits: createMemoryLimits(),
  pass: async (ms) => void (await vi.advanceTimersByTimeAsync(ms)),
  dispose: async () => {},
}));

const rule: LimitRule = { name: 'send', points: 1, windowMs: 60_000, whenUnavailable: 'local' };

it('counts a bounded number of keys: the one whose window ends first makes room', async () => {
  const limits = createMemoryLimits({ maxKeys: 3 });
  for (const key of ['a', 'b', 'c']) {
    await limits.consume(rule, key);
    await vi.advanceTimersByTimeAsync(10);
  }
  expect((await refusalOf(limits.consume(rule, 'a'))).code).toBe('RATE_LIMITED');
  await limits.consume(rule, 'd');
  for (const key of ['b', 'c', 'd']) expect((await refusalOf(limits.consume(rule, key))).code).toBe('RATE_LIMITED');
  await limits.consume(rule, 'a');
});

it('forgets keys whose window has ended, and leaves no timer behind on close', async () => {
  const limits = createMemoryLimits();
  await limits.consume(rule, 'a');
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(rule.windowMs);
  expect(vi.getTimerCount()).toBe(0);
  await limits.consume(rule, 'a');
  await limits.close();
  expect(vi.getTimerCount()).toBe(0);
});
