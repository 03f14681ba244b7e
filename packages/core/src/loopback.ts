import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Whether this name or address, which may be one that a server listens on, leads to this machine only. */
export function isLoopback(host: string): boolean {
  return isLocalhost(host) || host === '::1' || (host.startsWith('127.') && isIP(host) === 4);
}

/** Whether the Host header names this machine, and not a name that was pointed at it. */
function isLoopbackHost(host: string | undefined): boolean {
  if (!host || !URL.canParse(`http://${host}`)) return false;
  return isLoopback(new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, ''));
}

/**
 * Where a request comes from: `here`, from this machine and by one of its own names; `pointed here`, from this machine by another name, as
 * a page does whose name was pointed at it (docs/decisions/0013-names-of-a-loopback-server.md); or `elsewhere`.
 */
export function placeOf({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): 'here' | 'pointed here' | 'elsewhere' {
  if (!isLoopback((socket.remoteAddress ?? '').replace(/^::ffff:/, ''))) return 'elsewhere';
  return isLoopbackHost(headers.host) ? 'here' : 'pointed here';
}

/** Whether a name always leads to this machine (RFC 6761, 6.3). */
function isLocalhost(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost');
}
