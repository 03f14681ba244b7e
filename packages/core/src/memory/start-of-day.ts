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
