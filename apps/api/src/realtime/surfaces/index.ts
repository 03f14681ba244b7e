import type { Surface } from './surface.js';
import { trpcRoutes } from './trpc/trpc-routes.js';
import { trpcSockets } from './trpc/trpc-sockets.js';

/** The protocols that the API speaks. A new protocol needs a file that makes a {@link Surface}, and an entry here. */
export const surfaces: readonly Surface[] = [{ routes: trpcRoutes, sockets: trpcSockets }];
