import type { ApiServices } from '../services.js';

type Part = 'ok' | 'away';

export interface Health {
  status: 'ok' | 'degraded';
  instanceId: string;
  /** Each part on its own, so that an operator sees which is away. */
  parts: { database: Part; bus: Part; presence: Part; limits: Part };
  sockets: number;
  rooms: number;
}

/** Asks each part, in a second at most. A degraded instance still serves what does not need the part that is away. */
export async function readHealth(services: ApiServices, sockets: number): Promise<Health> {
  const [database, presence, limits] = await Promise.all([
    answers(services.database.ping()),
    answers(services.presence.ping()),
    answers(services.limits.ping()),
  ]);
  const bus: Part = services.core.bus.state === 'connected' ? 'ok' : 'away';
  const parts = { database, bus, presence, limits };
  return {
    status: Object.values(parts).every((part) => part === 'ok') ? 'ok' : 'degraded',
    instanceId: services.instanceId,
    parts,
    sockets,
    rooms: services.hubs.counts.rooms,
  };
}

async function answers(ping: Promise<void>): Promise<Part> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Part>((resolve) => {
    timer = setTimeout(() => resolve('away'), 1_000);
  });
  try {
    return await Promise.race([
      ping.then(
        (): Part => 'ok',
        (): Part => 'away',
      ),
      timeout,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
