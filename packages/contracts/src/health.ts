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
  /** The same as `instanceId`, by the name that the chat surface's programs look for; so are the fields below. */
  pod_id: z.string(),
  timestamp: z.iso.datetime(),
  /** WebSockets and streams of events whose peers have signed in. */
  active_connections: z.int().nonnegative(),
  /** Conversations of the chat surface that have a reader on this process. */
  active_sessions: z.int().nonnegative(),
  /** Answers of which later pieces wait here for a missing one. */
  active_buffers: z.int().nonnegative(),
  /** Whether the bus is connected; the embedded shape has one of its own, which always is. */
  nats_connected: z.boolean(),
});
export type HealthReport = z.infer<typeof healthReportSchema>;

/**
 * What `/live` answers, always: the process runs and reads what it is asked. Whoever restarts processes that do not answer asks this,
 * because a restart brings no database back.
 */
export const liveReportSchema = z.object({ live: z.literal(true) });

/** What `/ready` of an API answers: 200, or 503 once the API begins to stop, and while the database is away. */
export const readyReportSchema = z.object({ ready: z.boolean() });
