import { scimRoutes } from '../../auth/scim/scim-routes.js';
import type { Surface } from '../surface.js';

/** What providers of identities speak to say who is there, and in which groups: SCIM 2.0. */
export default { routes: scimRoutes } satisfies Surface;
