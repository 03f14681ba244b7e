import type { Door } from '@parley/core/accounts/create-account';
import { isLoopback } from '@parley/core/loopback';
import type { LiveSettings } from '@parley/core/settings/live-settings';

export interface DoorSettings {
  HOST: string;
  PUBLIC_ORIGINS: readonly string[];
  TRUST_PROXY: boolean;
}

/**
 * Who may register. Only where nothing says that others can come (`HOST` is a loopback address, no page has another origin, no proxy is
 * trusted) registration is open by default, and the first account is the admin. The variable `REGISTRATION`, or the setting, says otherwise.
 */
export function doorOf({ HOST, PUBLIC_ORIGINS, TRUST_PROXY }: DoorSettings, settings: Pick<LiveSettings, 'get'>): Required<Door> {
  const local = isLoopback(HOST) && PUBLIC_ORIGINS.length === 0 && !TRUST_PROXY;
  const registration = settings.get('registration');
  return {
    registration: registration === 'automatic' ? (local ? 'open' : 'closed') : registration,
    firstIsAdmin: local,
    newcomerRooms: settings.get('newcomerRooms'),
  };
}

/** Where the page makes an account with this code. It stands behind `#`, so that no server's log shows it. */
export function inviteLink(origin: string, code: string): string {
  return `${origin.replace(/\/$/, '')}/sign-in#invite=${code}`;
}
