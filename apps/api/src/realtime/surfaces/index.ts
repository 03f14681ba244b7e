import type { Surface } from './surface.js';
import { trpcRoutes } from './trpc/trpc-routes.js';
import { trpcSockets } from './trpc/trpc-sockets.js';

/** The protocols that the API speaks. Another one is a file that makes a {@link Surface}, and its line here. */
export const surfaces: readonly Surface[] = [{ routes: trpcRoutes, sockets: trpcSockets }];
