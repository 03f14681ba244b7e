/** An instant as the database hands it over: a Date in a column of its own, text inside JSON. */
export type Instant = Date | string;

/** ISO 8601 in UTC, as every view carries it. */
export function toIso(instant: Instant): string {
  return (instant instanceof Date ? instant : new Date(instant)).toISOString();
}

export function toIsoOrNull(instant: Instant | null): string | null {
  return instant === null ? null : toIso(instant);
}
