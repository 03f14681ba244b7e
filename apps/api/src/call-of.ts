import type { IncomingHttpHeaders } from 'node:http';
import { readTraceparent, type Call } from '@parley/bus';

/**
 * The call that a request makes: the id that its answer carries, and its place in the caller's trace. For a WebSocket, all its calls share
 * the socket's id and the place in the trace of the request that opened it.
 */
export function callOf({ id, headers }: { id: string; headers: IncomingHttpHeaders }): Call {
  return { correlationId: id, traceparent: readTraceparent(headers['traceparent']) };
}
