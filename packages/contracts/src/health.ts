/**
 * The parts of a deployment that a process can be without for a while: PostgreSQL (or PGlite), the bus between processes, who is
 * online, and the limits of sign-in and AI.
 */
export const serverParts = ['database', 'bus', 'presence', 'limits'] as const;

export type ServerPart = (typeof serverParts)[number];

/** What `/health` of an API answers: 200, or 503 while the database is away. */
export interface HealthReport {
  status: 'ok' | 'degraded';
  instanceId: string;
  /** Each part on its own, as this process saw it within the last two seconds. */
  parts: Record<ServerPart, 'ok' | 'away'>;
  /** WebSockets open on this process. */
  sockets: number;
  /** Rooms with readers on this process. */
  rooms: number;
}

/** The parts that a health report says are away; null for what is no such report. */
export function partsAway(report: unknown): ServerPart[] | null {
  const parts = (report as Partial<HealthReport> | null)?.parts;
  if (typeof parts !== 'object' || parts === null) return null;
  return serverParts.filter((part) => parts[part] === 'away');
}
