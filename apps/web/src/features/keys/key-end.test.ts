import { expect, test } from 'vitest';
import { endOf } from './key-end.js';

const now = new Date(2026, 10, 20, 14, 2);

test('a key ends never, after days, or with the end of a day that is not over', () => {
  expect(endOf('never', '', now)).toBeNull();
  expect(endOf('7', '', now)).toBe(new Date(now.getTime() + 7 * 24 * 3_600_000).toISOString());
  expect(endOf('date', '2026-11-20', now)).toBe(new Date(2026, 10, 20, 23, 59, 59).toISOString());
  expect(endOf('date', '2026-11-19', now)).toBeUndefined();
  expect(endOf('date', '', now)).toBeUndefined();
});
