import fc from 'fast-check';
import { expect, test } from 'vitest';
import { daysOf, startOfDay } from './start-of-day.js';

test.each([
  ['2026-11-29T00:32:00.000Z', 'UTC', '2026-11-29T00:00:00.000Z'],
  ['2026-11-29T00:32:00.000Z', 'America/New_York', '2026-11-28T05:00:00.000Z'],
  ['2026-11-29T23:59:59.999Z', 'Asia/Kathmandu', '2026-11-29T18:15:00.000Z'],
  ['2026-11-29T11:00:00.000Z', 'Pacific/Kiritimati', '2026-11-29T10:00:00.000Z'],
  // Days of 23 and of 25 hours.
  ['2026-03-29T20:00:00.000Z', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
  ['2026-10-25T22:30:00.000Z', 'Europe/Berlin', '2026-10-24T22:00:00.000Z'],
  // A day whose midnight the clock skips.
  ['2024-04-26T12:00:00.000Z', 'Africa/Cairo', '2024-04-25T22:00:00.000Z'],
  ['2026-11-29T00:00:00.000Z', 'UTC', '2026-11-29T00:00:00.000Z'],
])('the day of %s in %s began at %s', (instant, timeZone, began) => {
  expect(startOfDay(instant, timeZone)).toBe(began);
});

test('in any zone it is the first second of that day', () => {
  const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));
  fc.assert(
    fc.property(fc.date({ min: new Date('2000-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }), zones, (instant, timeZone) => {
      const day = new Intl.DateTimeFormat('en', { timeZone, dateStyle: 'short' });
      const began = Date.parse(startOfDay(instant.toISOString(), timeZone));
      expect([began, began - 1].map((ms) => day.format(ms) === day.format(instant))).toEqual([true, false]);
    }),
    { numRuns: 50 },
  );
});

test('yesterday is the calendar day before, and a week is the day with the six before it, whatever the clock did', () => {
  const instant = '2026-03-30T10:00:00.000Z';
  expect(daysOf('yesterday', instant, 'Europe/Berlin')).toEqual({ from: '2026-03-28T23:00:00.000Z', before: '2026-03-29T22:00:00.000Z' });
  expect(daysOf('week', instant, 'Europe/Berlin')).toEqual({ from: '2026-03-23T23:00:00.000Z', before: 'infinity' });
  expect(daysOf('today', instant, 'Europe/Berlin').from).toBe('2026-03-29T22:00:00.000Z');
});
