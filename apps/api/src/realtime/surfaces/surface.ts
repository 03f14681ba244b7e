import type { FastifyPluginAsync } from 'fastify';
import type { ApiServices } from '../../services.js';
import type { SocketSurface } from '../sockets/socket-surface.js';

export interface SurfaceDeps {
  services: ApiServices;
  /** Tells the log of what went wrong on our side. */
  reportError(error: unknown, context: object): void;
}

/** A protocol that programs and pages speak: by HTTP, over WebSockets, or both. */
export interface Surface {
  routes?(deps: SurfaceDeps): FastifyPluginAsync;
  sockets?(deps: SurfaceDeps): SocketSurface;
}
