import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { readTraceparent, type Call } from '@parley/bus';
import { cutText, maxUserAgentLength } from '@parley/contracts';

/**
 * The call that a request makes: the id that its answer carries, and its place in the caller's trace.
 *
 * @param address the key that rate limits count the caller's address by
 */
export function callOf({ id, headers }: { id: string; headers: IncomingHttpHeaders }, address: string): Call {
  const userAgent = headers['user-agent'];
  return {
    correlationId: id,
    traceparent: readTraceparent(headers['traceparent']),
    address,
    ...(userAgent === undefined ? {} : { userAgent: cutText(userAgent, maxUserAgentLength) }),
  };
}

/** One of the calls over a socket: it has an id of its own, and the place in a trace that the request which opened the socket named. */
export function callOnSocket(socket: Call): Call {
  return { ...socket, correlationId: randomUUID() };
}
