import { readTraceparent, type Call } from '@parley/bus';
import type { FastifyRequest } from 'fastify';

/** The call that a request makes: it has the id that the answer carries, and its place in the caller's trace. */
export function callOf(request: FastifyRequest): Call {
  return { correlationId: request.id, traceparent: readTraceparent(request.headers['traceparent']) };
}
