/** What `/health` says. */
export interface HealthReport {
  status: 'ok' | 'degraded';
  parts: Record<string, 'ok' | 'away'>;
  sockets: number;
  rooms: number;
}

/** Asks an API how it is. Degraded is an answer too, whatever its status. */
export async function readHealth(url: string): Promise<HealthReport> {
  const response = await fetch(`${url}/health`);
  return (await response.json()) as HealthReport;
}
