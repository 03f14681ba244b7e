import type { Surface } from '../surface.js';
import { mcpRoutes } from './mcp/mcp-routes.js';

/** Rooms as tools and resources, for assistants that speak the Model Context Protocol. */
export default { routes: mcpRoutes } satisfies Surface;
