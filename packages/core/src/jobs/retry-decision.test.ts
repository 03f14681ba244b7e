import { expect, test } from 'vitest';
import { decideRetry, exhausted, type FailedAttempt } from './retry-decision.js';

const policy = { maxTries: 4, firstDelayMs: 1000, maxDelayMs: 10_000 };
const failed: FailedAttempt = { retryable: true, retryAfterMs: null, shown: false, tries: 0 };

test('waits double with each try, and no longer than the longest', () => {
  expect(decideRetry(failed, policy, 0)).toEqual({ kind: 'retry', delayMs: 500 });
  expect(decideRetry(failed, policy, 0.5)).toEqual({ kind: 'retry', delayMs: 750 });
  expect(decideRetry({ ...failed, tries: 2 }, policy, 0.5)).toEqual({ kind: 'retry', delayMs: 3000 });
  expect(decideRetry({ ...failed, tries: 9 }, { ...policy, maxTries: 20 }, 0.5)).toEqual({ kind: 'retry', delayMs: 7500 });
});

test('who asks for a longer wait gets it, up to the longest; who asks for a shorter one does not', () => {
  expect(decideRetry({ ...failed, retryAfterMs: 7000 }, policy, 0.5)).toEqual({ kind: 'retry', delayMs: 7000 });
  expect(decideRetry({ ...failed, retryAfterMs: 70_000 }, policy, 0.5)).toEqual({ kind: 'retry', delayMs: 10_000 });
  expect(decideRetry({ ...failed, retryAfterMs: 1 }, policy, 0.5)).toEqual({ kind: 'retry', delayMs: 750 });
});

test('tries are used up with the last that the policy has', () => {
  expect([2, 3, 4].map((tries) => exhausted(tries, 3))).toEqual([false, true, true]);
});

test('what would fail again, has been shown, or was the last try is not tried again', () => {
  for (const change of [{ retryable: false }, { shown: true }, { tries: 3 }]) {
    expect(decideRetry({ ...failed, ...change }, policy, 0.5)).toEqual({ kind: 'fail' });
  }
});
