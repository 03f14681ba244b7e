import type { FastifyPluginAsync } from 'fastify';
import type { ApiServices } from '../services.js';
import type { SocketSurface } from './sockets/socket-surface.js';

export interface SurfaceDeps {
  services: ApiServices;
  /** Logs an error, unless it is the caller's own mistake. */
  reportError(error: unknown, context: object): void;
}

/** A protocol that programs and pages speak: by HTTP, over WebSockets, or both. Each file of `surfaces/` makes one. */
export interface Surface {
  routes?(deps: SurfaceDeps): FastifyPluginAsync;
  sockets?(deps: SurfaceDeps): SocketSurface;
}
