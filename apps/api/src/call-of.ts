import type { IncomingHttpHeaders } from 'node:http';
import { readTraceparent, type Call } from '@parley/bus';

/**
 * The call that a request makes: it has the id that the answer carries, and its place in the caller's trace. Of a WebSocket: what all its
 * calls share, which is the socket's id, and the place in the trace of the request that opened it.
 */
export function callOf({ id, headers }: { id: string; headers: IncomingHttpHeaders }): Call {
  return { correlationId: id, traceparent: readTraceparent(headers['traceparent']) };
}
