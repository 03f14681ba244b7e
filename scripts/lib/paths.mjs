import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root, absolute. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where the launchers keep what they remember; git ignores it, and `npm ci` leaves it alone. */
export const stateDirectory = join(root, '.turbo', 'parley');
