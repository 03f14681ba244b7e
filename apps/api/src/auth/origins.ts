import { isIP } from 'node:net';

export interface OriginRules {
  /** Origins of pages that may call. Where there is none, the host's own may. */
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
  // A name can be pointed at any server that is reached by its address. Where the names are listed, only those count.
  if (rules.PUBLIC_ORIGINS.length > 0) return rules.PUBLIC_ORIGINS.some((allowed) => new URL(allowed).origin === origin);
  if (!host || !URL.canParse(origin)) return false;
  const { protocol, host: originHost, hostname } = new URL(origin);
  if ((protocol !== 'http:' && protocol !== 'https:') || originHost !== host.toLowerCase()) return false;
  return !isLoopback(rules.HOST) || rules.TRUST_PROXY || isLocalhost(hostname) || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
}

/** Whether this listening address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return isLocalhost(host) || host === '::1' || host.startsWith('127.');
}

/** Whether a name always leads to this machine (RFC 6761, 6.3). */
function isLocalhost(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost');
}
