import type { Call } from '@parley/bus';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from './admit.js';
import type { LimitNote } from './limits/consume-limits.js';
import type { SocketConnection } from './realtime/sockets/socket-connection.js';
import type { HelloEncoder } from './realtime/surfaces/trpc/hello-encoder.js';
import type { ApiServices } from './services.js';

/**
 * What a procedure is given. Over a WebSocket it is made once per connection, over HTTP once per request; `trpc.ts` then sets `call` and
 * `operation` for each call.
 */
export interface Context extends Caller {
  services: ApiServices;
  call: Call;
  /** The operation that is called; null before that is known. */
  operation: string | null;
  /** Told of the limits that calls count against, where the surface tells its caller. */
  noteLimit?: LimitNote | undefined;
  /** Null over HTTP. */
  socket: { connection: SocketConnection; encoder: HelloEncoder } | null;
  /** Null over a WebSocket: cookies are set by HTTP calls only. */
  http: { request: FastifyRequest; reply: FastifyReply } | null;
}
