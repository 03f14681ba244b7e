import type { Surface } from '../surface.js';
import { trpcRoutes } from './trpc/trpc-routes.js';
import { trpcSockets } from './trpc/trpc-sockets.js';

/** What our page and TypeScript programs speak. */
export default { routes: trpcRoutes, sockets: trpcSockets } satisfies Surface;
