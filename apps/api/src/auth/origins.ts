import { isIP } from 'node:net';
import { isLoopback } from '@parley/core/loopback';

export interface OriginRules {
  /** Origins of pages that may call, besides the host's own where its name leads to this machine alone. Where there is none, the host's own may. */
  PUBLIC_ORIGINS: readonly string[];
  /** The address we listen on. */
  HOST: string;
  TRUST_PROXY: boolean;
}

/**
 * Whether a browser page of this origin may call the API. A missing Origin passes: programs send none, and a browser always sends one on
 * the calls that matter (a WebSocket upgrade, a POST).
 *
 * A server that listens on loopback has no domain name. A page with any host but `localhost` or an IP address was loaded from elsewhere,
 * and its name was pointed at this machine to get past this check (docs/decisions/0013-names-of-a-loopback-server.md).
 *
 * @param host the Host header, or X-Forwarded-Host behind a trusted proxy
 */
export function isAllowedOrigin(origin: string | undefined, host: string | undefined, rules: OriginRules): boolean {
  if (origin === undefined) return true;
  if (rules.PUBLIC_ORIGINS.some((allowed) => new URL(allowed).origin === origin)) return true;
  if (!host || !URL.canParse(origin)) return false;
  const { protocol, host: originHost, hostname } = new URL(origin);
  if ((protocol !== 'http:' && protocol !== 'https:') || originHost !== host.toLowerCase()) return false;
  const name = hostname.replace(/^\[|\]$/g, '');
  // Nobody can point these elsewhere, so the page with such a name came from this machine.
  if (isLoopback(name)) return true;
  // Any other name can be pointed at a server that is reached by its address. Where the names are listed, only those count.
  if (rules.PUBLIC_ORIGINS.length > 0) return false;
  return !isLoopback(rules.HOST) || rules.TRUST_PROXY || isIP(name) !== 0;
}
