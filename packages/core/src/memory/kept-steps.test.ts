import { expect, test } from 'vitest';
import { keptSteps } from './kept-steps.js';

test('the newest steps of a summary are kept, and of older ones fewer and fewer', () => {
  expect(keptSteps(1)).toEqual([1]);
  expect(keptSteps(8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(keptSteps(20)).toEqual([4, 6, 8, 10, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
});

test('a step that was let go is never wanted again, and their number grows with the logarithm', () => {
  let kept: number[] = [];
  for (let count = 1; count <= 3_000; count++) {
    const next = keptSteps(count);
    expect(next.every((step) => step === count || kept.includes(step))).toBe(true);
    kept = next;
  }
  expect(kept.length).toBeLessThan(60);
  // Wherever a message was changed, the nearest step before it is not much further from the end than the message is.
  for (let touched = 2; touched < 3_000; touched++) {
    const before = kept.findLast((step) => step < touched) ?? 0;
    expect(3_000 - before).toBeLessThanOrEqual(1.5 * (3_000 - touched) + 8);
  }
});
