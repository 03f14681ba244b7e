import type { DaysScope } from '@parley/contracts';

/** A calendar day has at most 25 hours, and a zone that moves across the date line one of 48; in milliseconds. */
const longestDayMs = 48 * 3_600_000;

/**
 * The moment at which the day of an instant began for someone in a time zone, ISO 8601 in UTC. Where the clock skips midnight, the day
 * begins later by what is skipped.
 *
 * @param instant ISO 8601
 * @param timeZone a name of the IANA database, such as `America/New_York`
 */
export function startOfDay(instant: string, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en', { timeZone, dateStyle: 'short' });
  const end = Date.parse(instant);
  const day = format.format(end);
  // The day has begun at `after` and not yet at `before`. No zone changes its clock at a part of a second.
  let [before, after] = [Math.floor((end - longestDayMs) / 1000), Math.floor(end / 1000)];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (format.format(middle * 1000) === day) after = middle;
    else before = middle;
  }
  return new Date(after * 1000).toISOString();
}

/** A stretch of time: instants from the one on, and before the other. ISO 8601 in UTC, or what PostgreSQL calls infinite. */
interface Days {
  from: string;
  before: string;
}

export const anyDay: Days = { from: '-infinity', before: 'infinity' };

/** The days that someone means who says `today`, `yesterday` or `week` at an instant, in a time zone. A week is that day with the six before. */
export function daysOf(kind: DaysScope['kind'], instant: string, timeZone: string): Days {
  const today = startOfDay(instant, timeZone);
  switch (kind) {
    case 'today':
      return { from: today, before: 'infinity' };
    case 'yesterday':
      return { from: dayBefore(today, timeZone), before: today };
    case 'week': {
      let from = today;
      for (let day = 0; day < 6; day++) from = dayBefore(from, timeZone);
      return { from, before: 'infinity' };
    }
  }
}

/** The moment at which the day before began. @param day when a day began */
function dayBefore(day: string, timeZone: string): string {
  return startOfDay(new Date(Date.parse(day) - 1).toISOString(), timeZone);
}
