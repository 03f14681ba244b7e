import { expect, test } from 'vitest';
import { backoffMs } from './backoff.js';

const range = { firstMs: 100, maxMs: 1_000 };

test('a wait doubles with each failure, up to the longest, and never overflows', () => {
  const whole = [0, 1, 2, 3, 4, 10_000].map((failures) => backoffMs(failures, { ...range, least: 1 }));
  expect(whole).toEqual([100, 200, 400, 800, 1_000, 1_000]);
});

test('its random part is between the least and the whole', () => {
  expect(backoffMs(1, range, 0)).toBe(100);
  expect(backoffMs(1, range, 0.5)).toBe(150);
  expect(backoffMs(1, { ...range, least: 0 }, 0.25)).toBe(50);
  for (let n = 0; n < 100; n++) expect(backoffMs(2, range)).toBeGreaterThanOrEqual(200);
  for (let n = 0; n < 100; n++) expect(backoffMs(2, range)).toBeLessThan(400);
});
