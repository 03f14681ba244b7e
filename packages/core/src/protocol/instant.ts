import { Prisma } from '@parley/db';

/** An instant as the database hands it over: a Date in a column of its own, text inside JSON. */
export type Instant = Date | string;

/** ISO 8601 in UTC, as every view carries it. */
export function toIso(instant: Instant): string {
  return (instant instanceof Date ? instant : new Date(instant)).toISOString();
}

export function toIsoOrNull(instant: Instant | null): string | null {
  return instant === null ? null : toIso(instant);
}

/** The database's clock as views write instants, for what is kept inside JSON. */
export const instantNow = Prisma.sql`to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
