import { expect, test } from 'vitest';
import { everyDay, roundedUp } from './usage-days.js';

test('days without a call are shown too, in their order, over the end of a month', () => {
  const used = { day: '2026-11-30', calls: 1, inputTokens: 2, cachedTokens: 0, outputTokens: 3, cost: 4, unpricedCalls: 0 };
  const days = everyDay([used], 3, Date.parse('2026-12-01T00:30:00Z'));
  expect(days.map(({ day, calls }) => [day, calls])).toEqual([
    ['2026-11-29', 0],
    ['2026-11-30', 1],
    ['2026-12-01', 0],
  ]);
});

test('the top of the chart is a round number that holds its highest bar', () => {
  expect([0, 1, 2, 3, 99, 100, 101, 38_400, 500_001].map(roundedUp)).toEqual([1, 1, 2, 5, 100, 100, 200, 50_000, 1_000_000]);
});
