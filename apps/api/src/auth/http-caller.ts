import type { FastifyRequest } from 'fastify';
import type { Caller, ServedCall } from '../admit.js';
import { callOf } from '../call-of.js';
import { addressKey } from '../limits/address-key.js';
import type { ApiServices } from '../services.js';
import { bearerToken } from './session-guard.js';

/**
 * Who sent a request, by its `Authorization` header; a cookie proves nothing. Never throws: a caller with an old token must be able to
 * sign in.
 */
export async function httpCaller({ calls, sessions }: Pick<ApiServices, 'calls' | 'sessions'>, request: FastifyRequest): Promise<Caller> {
  const address = addressKey(request.ip);
  try {
    const token = bearerToken(request.headers.authorization);
    const actor = token && (await calls.run(() => sessions.authenticate(token)));
    return { actor: actor || null, authError: null, address };
  } catch (error) {
    return { actor: null, authError: error as Error, address };
  }
}

/** What `serveCall` learns from a request. */
export function httpCall(services: Pick<ApiServices, 'calls' | 'sessions'>, request: FastifyRequest): Pick<ServedCall, 'call' | 'caller'> {
  return { call: callOf(request, addressKey(request.ip)), caller: () => httpCaller(services, request) };
}
