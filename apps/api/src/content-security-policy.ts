/**
 * Keeps the page from loading anything from elsewhere, calling any other host and running inline scripts, whatever a message contains.
 * Only styles may be inline: the virtual list positions rows by style attributes.
 *
 * @param host of the request, as the page's address names it. The policy names its sockets beside 'self', because older browsers take
 * 'self' for http alone.
 */
export function contentSecurityPolicy(host: string, publicOrigins: readonly string[]): string {
  const hosts = new Set([host, ...publicOrigins.map((origin) => new URL(origin).host)].filter((each) => hostPattern.test(each)));
  const sockets = [...hosts].flatMap((each) => [`ws://${each}`, `wss://${each}`]);
  return [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    ["connect-src 'self'", ...sockets].join(' '),
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** A name or an IPv4 address, with or without a port. A policy cannot name an IPv6 address: there 'self' must do. */
const hostPattern = /^[a-z\d.-]+(?::\d+)?$/i;
