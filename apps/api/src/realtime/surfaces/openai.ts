import type { Surface } from '../surface.js';
import { openAiRoutes } from './openai/openai-routes.js';

/** Characters as models, for programs that speak OpenAI’s protocol. */
export default { routes: openAiRoutes } satisfies Surface;
