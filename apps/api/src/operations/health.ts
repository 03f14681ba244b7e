import { randomUUID } from 'node:crypto';
import { channels, type HealthReport, type ServerPart } from '@parley/contracts';
import type { Bus, BusSubscription } from '@parley/bus';
import type { ApiDeps, ApiServices } from '../services.js';

/** How this process is, from what {@link ApiServices.parts} already knows: no part is asked. */
export function readHealth(services: ApiServices, sockets: number): HealthReport {
  const state = (part: ServerPart) => (services.parts.isAway(part) ? 'away' : 'ok');
  return {
    status: services.parts.away.length === 0 ? 'ok' : 'degraded',
    instanceId: services.instanceId,
    parts: { database: state('database'), bus: state('bus'), presence: state('presence'), limits: state('limits') },
    sockets,
    rooms: services.hubs.counts.rooms,
    pod_id: services.instanceId,
    timestamp: new Date().toISOString(),
    active_connections: services.live.count,
    active_sessions: services.chatReaders.sessions,
    active_buffers: services.buffers.count,
    nats_connected: services.core.bus.state === 'connected',
  };
}

/** The question that tells whether a part answers, for each part. */
export function partChecks({ core, database, presence, limits }: ApiDeps, limitMs: number): Record<ServerPart, () => Promise<void>> {
  return {
    database: () => database.ping(),
    bus: busCheck(core.bus, limitMs),
    presence: () => presence.ping(),
    limits: () => limits.ping(),
  };
}

/** Sends this process a message over the bus, because a broker may stay connected and carry nothing. */
function busCheck(bus: Bus, timeoutMs: number): () => Promise<void> {
  const channel = channels.instancePing(randomUUID());
  let responder: Promise<BusSubscription> | null = null;
  return async () => {
    if (bus.state !== 'connected') throw new Error('the bus is not connected');
    responder ??= bus.respond(channel, () => true as const);
    try {
      await responder;
    } catch (error) {
      responder = null;
      throw error;
    }
    if (!(await bus.request(channel, null, { timeoutMs }))) throw new Error('the bus does not carry anything');
  };
}
