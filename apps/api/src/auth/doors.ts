import type { Doors } from '@parley/contracts';
import type { ApiServices } from '../services.js';

/** The ways in that this server has: what a page offers to whoever is not signed in. */
export function doorsOf({ door, env, providers }: Pick<ApiServices, 'door' | 'env' | 'providers'>): Doors {
  return {
    local: env.LOCAL_LOGIN,
    registration: env.LOCAL_LOGIN ? door.registration : 'closed',
    providers: providers.all.map(({ id, name }) => ({ id, name })),
    passkeys: env.LOCAL_LOGIN,
    mail: false,
  };
}
