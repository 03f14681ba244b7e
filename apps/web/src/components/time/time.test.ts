import { expect, test } from 'vitest';
import { clockTime, dayKey, dayName, elapsed } from './time.js';

const local = (year: number, month: number, day: number) => new Date(year, month, day).toISOString();
const now = new Date(2026, 10, 20, 9, 30);

test('a clock time has two digits each', () => {
  expect(clockTime(new Date(2026, 10, 20, 4, 5).toISOString())).toBe('04:05');
});

test('days are the reader’s own', () => {
  expect(dayKey(new Date(2026, 10, 20, 0, 0).toISOString())).toBe('2026-11-20');
  expect(dayKey(new Date(2026, 10, 20, 23, 59).toISOString())).toBe('2026-11-20');
});

test('days are named as one would say them', () => {
  expect(dayName(new Date(2026, 10, 20, 23, 59).toISOString(), now)).toBe('Today');
  expect(dayName(local(2026, 10, 19), now)).toBe('Yesterday');
  expect(dayName(local(2026, 10, 13), now)).toBe('Friday 13 November');
  expect(dayName(local(2025, 10, 13), now)).toBe('Thursday 13 November 2025');
});

test('elapsed time is short, and never negative', () => {
  expect([-500, 0, 4_200, 59_999, 65_000, 7_380_000].map(elapsed)).toEqual(['0 s', '0 s', '4 s', '59 s', '1 min 5 s', '2 h 3 min']);
});
