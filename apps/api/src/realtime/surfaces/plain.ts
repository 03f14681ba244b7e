import type { Surface } from '../surface.js';
import { plainSockets } from './plain/plain-sockets.js';

/** WebSockets without a library of ours: one room, JSON in text frames. */
export default { sockets: plainSockets } satisfies Surface;
