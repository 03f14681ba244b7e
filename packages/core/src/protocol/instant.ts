import { Prisma } from '@parley/db';

/** An instant as the database hands it over: a Date in a column of its own, text inside JSON. */
export type Instant = Date | string;

/** Formats an instant as every view carries it: ISO 8601 in UTC. */
export function toIso(instant: Instant): string {
  return (instant instanceof Date ? instant : new Date(instant)).toISOString();
}

export function toIsoOrNull(instant: Instant | null): string | null {
  return instant === null ? null : toIso(instant);
}

/** The current instant by the database's clock, in the format of views. For instants that are stored inside JSON. */
export const instantNow = Prisma.sql`to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
