import type { FastifyRequest } from 'fastify';
import type { Caller } from '../admit.js';
import { addressKey } from '../limits/address-key.js';
import type { ApiServices } from '../services.js';
import { httpCaller } from './http-caller.js';

/**
 * Who asks for a stream of events: by the `Authorization` header, or by `?ticket=`. Never throws.
 *
 * @param stream what a ticket must be for
 * @param options.byToken whether `?token=` may say it too: an access token, a key or a ticket. @default false
 */
export async function streamCaller(
  services: Pick<ApiServices, 'calls' | 'sessions' | 'tickets'>,
  request: FastifyRequest,
  stream: string,
  { byToken = false }: { byToken?: boolean } = {},
): Promise<Caller> {
  const { ticket, token } = request.query as { ticket?: unknown; token?: unknown };
  const proof = ticket ?? (byToken ? token : undefined);
  if (proof === undefined) return httpCaller(services, request);
  const text = typeof proof === 'string' ? proof : '';
  const { calls, sessions, tickets } = services;
  const address = addressKey(request.ip);
  try {
    const session = ticket === undefined ? await tickets.verify(text, stream).catch(() => null) : await tickets.verify(text, stream);
    const actor = await calls.run(() => (session ? sessions.authenticateSession(session) : sessions.authenticate(text)));
    return { actor, authError: null, address };
  } catch (error) {
    return { actor: null, authError: error as Error, address };
  }
}
