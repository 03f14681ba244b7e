import type { Doors } from '@parley/contracts';
import type { ApiServices } from '../services.js';

/** The ways in that this server has: what a page offers to whoever is not signed in. */
export function doorsOf({ door }: Pick<ApiServices, 'door'>): Doors {
  return { local: true, registration: door.registration, providers: [], passkeys: false, mail: false };
}
