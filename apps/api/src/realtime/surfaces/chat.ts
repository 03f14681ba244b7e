import type { Surface } from '../surface.js';
import { chatRoutes } from './chat/chat-routes.js';

/** Conversations with a character that programs name by themselves: the events of their answers. `POST /api/chat` is one of REST. */
export default { routes: chatRoutes } satisfies Surface;
