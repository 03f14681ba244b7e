import type { Actor } from '@parley/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SocketConnection } from './realtime/sockets/socket-connection.js';
import type { HelloEncoder } from './realtime/surfaces/trpc/hello-encoder.js';
import type { ApiServices } from './services.js';

/** What a procedure is given. Over a WebSocket it is made once per connection, over HTTP once per request. */
export interface Context {
  services: ApiServices;
  /** Null without a valid access token. */
  actor: Actor | null;
  /** Why there is no actor, when a token was sent. */
  authError: Error | null;
  /** Whom the caller's address stands for, see limits/address-key.ts: for limits. */
  address: string;
  correlationId: string;
  /** Null over HTTP. */
  socket: { connection: SocketConnection; encoder: HelloEncoder } | null;
  /** Null over a WebSocket: cookies are set by HTTP calls only. */
  http: { request: FastifyRequest; reply: FastifyReply } | null;
}
