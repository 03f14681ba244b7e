import type { FastifyRequest } from 'fastify';
import type { Caller } from '../admit.js';
import { addressKey } from '../limits/address-key.js';
import type { ApiServices } from '../services.js';
import { httpCaller } from './http-caller.js';

/**
 * Who asks for a stream of events: by the `Authorization` header, or by `?ticket=`. Never throws.
 *
 * @param stream what a ticket must be for
 */
export async function streamCaller(
  services: Pick<ApiServices, 'calls' | 'sessions' | 'tickets'>,
  request: FastifyRequest,
  stream: string,
): Promise<Caller> {
  const { ticket } = request.query as { ticket?: unknown };
  if (ticket === undefined) return httpCaller(services, request);
  const address = addressKey(request.ip);
  try {
    const session = await services.tickets.verify(typeof ticket === 'string' ? ticket : '', stream);
    return { actor: await services.calls.run(() => services.sessions.authenticateSession(session)), authError: null, address };
  } catch (error) {
    return { actor: null, authError: error as Error, address };
  }
}
