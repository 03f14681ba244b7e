/**
 * The page may load nothing from elsewhere, talk to nobody else, and run no inline script, whatever a message says. Styles alone
 * may be inline: the virtual list positions rows by style attributes.
 *
 * @param host of the request, as the page's address names it. Its sockets are named beside 'self', which older browsers take for
 *   http alone.
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

/** A name or an IPv4 address, with or without a port. A policy has no form for an IPv6 address: there 'self' must do. */
const hostPattern = /^[a-z\d.-]+(?::\d+)?$/i;
