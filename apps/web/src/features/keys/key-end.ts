/** When a key ends, as it is chosen: never, after so many days, or with a day of the calendar. */
export const keyEnds = [
  { value: 'never', label: 'Never' },
  { value: '7', label: 'In 7 days' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: 'date', label: 'With a day that I choose' },
] as const;

export type KeyEnd = (typeof keyEnds)[number]['value'];

/**
 * The moment at which a key ends.
 *
 * @param day of the user's calendar, as `2026-11-20`; the key is good until that day is over
 * @returns ISO 8601; null for a key that is good until it is revoked; undefined if no day, or one that has passed, was chosen
 */
export function endOf(end: KeyEnd, day: string, now: Date): string | null | undefined {
  if (end === 'never') return null;
  if (end !== 'date') return new Date(now.getTime() + Number(end) * 86_400_000).toISOString();
  // Without a zone, this is the user's own.
  const last = new Date(`${day}T23:59:59`);
  return last > now ? last.toISOString() : undefined;
}
