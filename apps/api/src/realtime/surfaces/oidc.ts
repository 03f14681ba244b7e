import { oidcRoutes } from '../../auth/oidc/oidc-routes.js';
import type { Surface } from '../surface.js';

/** What browsers and providers of identities speak while people come in by OpenID Connect, and go. */
export default { routes: oidcRoutes } satisfies Surface;
