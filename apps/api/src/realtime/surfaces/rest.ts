import { restRoutes } from '../../rest/rest-routes.js';
import type { Surface } from '../surface.js';

/** What programs speak that know HTTP and JSON. */
export default { routes: restRoutes } satisfies Surface;
