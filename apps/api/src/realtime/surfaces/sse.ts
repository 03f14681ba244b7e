import type { Surface } from '../surface.js';
import { sseRoutes } from './sse/sse-routes.js';

/** Events as server-sent events, for programs that speak plain HTTP and for `EventSource`. */
export default { routes: sseRoutes } satisfies Surface;
