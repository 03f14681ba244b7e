import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { endTooSlow } from './http-errors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How long a request to the route may take to arrive, in milliseconds. @default REQUEST_MS */
    arrivalMs?: number;
  }
}

/** How many times longer than a call a file may take to arrive: at 30 seconds, the largest needs a line of 1.4 Mbit/s. */
const fileFactor = 10;

/** How long a file may take to arrive, in milliseconds. */
export function fileArrivalMs(requestMs: number): number {
  return requestMs * fileFactor;
}

/** What Node itself bounds of connections, so that none that is slow or silent stays. @param requestMs REQUEST_MS */
export function connectionLimits(requestMs: number): Pick<
  FastifyServerOptions,
  'requestTimeout' | 'connectionTimeout' | 'keepAliveTimeout'
> & {
  http: { headersTimeout: number; connectionsCheckingInterval: number };
} {
  return {
    // The longest that any route allows. Calls have less: watchArrival.
    requestTimeout: fileArrivalMs(requestMs),
    http: { headersTimeout: requestMs, connectionsCheckingInterval: Math.min(5_000, Math.ceil(requestMs / 4)) },
    // For one that does not read its answer. Streams of events say something every 15 seconds, and sockets are pinged instead.
    connectionTimeout: 120_000,
    // Longer than nginx keeps a connection to us (60 s): it never sends a request on one that we are closing.
    keepAliveTimeout: 72_000,
  };
}

/** Ends requests whose body takes longer to arrive than their route allows, however steadily it drips. */
export function watchArrival(app: FastifyInstance, requestMs: number): void {
  app.addHook('onRequest', async ({ raw, routeOptions }, reply) => {
    if (raw.headers['content-length'] === undefined && raw.headers['transfer-encoding'] === undefined) return;
    const late = setTimeout(() => {
      // Of an answer that has begun nothing can be taken back.
      if (reply.raw.headersSent) raw.socket.destroy();
      else endTooSlow(raw.socket);
    }, routeOptions.config?.arrivalMs ?? requestMs);
    const arrived = () => clearTimeout(late);
    raw.once('end', arrived).once('close', arrived);
  });
}
