import type { Door } from '@parley/core/accounts/create-account';
import { isLoopback } from '@parley/core/loopback';

export interface DoorSettings {
  HOST: string;
  PUBLIC_ORIGINS: readonly string[];
  TRUST_PROXY: boolean;
  REGISTRATION?: Door['registration'] | undefined;
}

/**
 * Who may register. Only where nothing says that others can come (`HOST` is a loopback address, no page has another origin, no proxy is
 * trusted) registration is open by default, and the first account is the admin.
 */
export function doorOf({ HOST, PUBLIC_ORIGINS, TRUST_PROXY, REGISTRATION }: DoorSettings): Required<Door> {
  const local = isLoopback(HOST) && PUBLIC_ORIGINS.length === 0 && !TRUST_PROXY;
  return { registration: REGISTRATION ?? (local ? 'open' : 'closed'), firstIsAdmin: local };
}

/** Where the page makes an account with this code. It stands behind `#`, so that no server's log shows it. */
export function inviteLink(origin: string, code: string): string {
  return `${origin.replace(/\/$/, '')}/sign-in#invite=${code}`;
}
