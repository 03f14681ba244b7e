import { z } from 'zod';
import { serverParts } from './server-parts.js';

/** What `/health` of an API answers: 200, or 503 while the database is away. */
export const healthReportSchema = z.object({
  status: z.enum(['ok', 'degraded']),
  instanceId: z.string(),
  /** The state of each part, as this process saw it within the last two seconds. */
  parts: z.record(z.enum(serverParts), z.enum(['ok', 'away'])),
  /** WebSockets open on this process. */
  sockets: z.int().nonnegative(),
  /** Rooms with readers on this process. */
  rooms: z.int().nonnegative(),
});
export type HealthReport = z.infer<typeof healthReportSchema>;

/**
 * What `/live` answers, always: the process runs and reads what it is asked. Whoever restarts processes that do not answer asks this,
 * because a restart brings no database back.
 */
export const liveReportSchema = z.object({ live: z.literal(true) });

/** What `/ready` of an API answers: 200, or 503 once the API begins to stop, and while the database is away. */
export const readyReportSchema = z.object({ ready: z.boolean() });
