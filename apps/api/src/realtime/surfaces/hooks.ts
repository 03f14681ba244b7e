import type { Surface } from '../surface.js';
import { hookRoutes } from './hooks/hook-routes.js';

/** What programs speak that post a text to an address: our own form, Slack's, Grafana's and Alertmanager's. */
export default { routes: hookRoutes } satisfies Surface;
