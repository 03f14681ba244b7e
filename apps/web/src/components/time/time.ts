/** Instants come in UTC and are shown in the reader’s own zone. */

const pad = (value: number) => String(value).padStart(2, '0');

/** The reader's calendar day of an instant, as `2026-11-20`. */
export function dayKey(instant: string): string {
  const date = new Date(instant);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** `14:02`. */
export function clockTime(instant: string): string {
  const date = new Date(instant);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** `Today`, `Yesterday`, `Friday 13 November`; with the year if it is not the present one. */
export function dayName(instant: string, now: Date, locale = 'en-GB'): string {
  const date = new Date(instant);
  const days = Math.round((startOfDay(now) - startOfDay(date)) / 86_400_000);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return new Intl.DateTimeFormat(locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  })
    .format(date)
    .replace(',', '');
}

/** Date and time in full, for a tooltip: `Friday 20 November 2026, 14:02:11`. */
export function fullTime(instant: string, locale = 'en-GB'): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' }).format(new Date(instant));
}

/** `0 s`, `59 s`, `1 min 5 s`, `2 h 3 min`. Never negative: clocks differ. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
