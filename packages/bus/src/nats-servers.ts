export interface ParsedServers {
  /** `host:port`, as the client wants them. */
  servers: string[];
  /** For log lines: without user, password or token. */
  label: string;
  user?: string;
  pass?: string;
  token?: string;
  tls?: Record<string, never>;
}

/**
 * Reads `nats://user:password@host:port` or `tls://token@host:port`, several separated by commas or as an array. The client
 * takes credentials as options only, one set for all servers: they come from the first URL that has any.
 *
 * @throws TypeError for anything else
 */
export function parseServers(servers: string | string[]): ParsedServers {
  const texts = (Array.isArray(servers) ? servers : servers.split(',')).map((text) => text.trim()).filter((text) => text !== '');
  const urls = texts.map(parseServer);
  if (urls.length === 0) throw new TypeError('no NATS server is named');
  const hosts = urls.map((url) => `${url.hostname}:${url.port || '4222'}`);
  const withUser = urls.find((url) => url.username !== '');
  const user = decodeURIComponent(withUser?.username ?? '');
  const pass = decodeURIComponent(withUser?.password ?? '');
  return {
    servers: hosts,
    label: hosts.join(', '),
    ...(user !== '' && pass !== '' && { user, pass }),
    ...(user !== '' && pass === '' && { token: user }),
    ...(urls.some((url) => url.protocol === 'tls:') && { tls: {} }),
  };
}

function parseServer(text: string): URL {
  const withScheme = text.includes('://') ? text : `nats://${text}`;
  const scheme = withScheme.slice(0, withScheme.indexOf('://'));
  if (scheme !== 'nats' && scheme !== 'tls') throw new TypeError('a NATS server is named as nats://host:port or tls://host:port');
  const url = URL.canParse(withScheme) ? new URL(withScheme) : null;
  if (!url || url.hostname === '') throw new TypeError('a NATS server is named as nats://host:port or tls://host:port');
  return url;
}
