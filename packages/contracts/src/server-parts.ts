/**
 * The parts of a deployment that a process can be without for a while: PostgreSQL (or PGlite), the bus between processes, who is
 * online, and the limits of sign-in and AI.
 */
export const serverParts = ['database', 'bus', 'presence', 'limits'] as const;

export type ServerPart = (typeof serverParts)[number];

/** The parts that a health report says are away; null if `report` is no health report. */
export function partsAway(report: unknown): ServerPart[] | null {
  const parts = (report as { parts?: Partial<Record<ServerPart, unknown>> | null } | null)?.parts;
  if (typeof parts !== 'object' || parts === null) return null;
  return serverParts.filter((part) => parts[part] === 'away');
}
