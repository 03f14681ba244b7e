/** What the client takes where sentinels say which server is the primary. */
export interface SentinelAddress {
  sentinels: { host: string; port: number }[];
  /** As the sentinels know the servers together. */
  name: string;
  username?: string;
  password?: string;
  sentinelPassword?: string;
  db?: number;
  tls?: Record<string, never>;
  sentinelTLS?: Record<string, never>;
  enableTLSForSentinelMode?: true;
}

/**
 * Reads where Redis is: `redis://[user:password@]host:port[/database]`, `rediss://` for TLS, and with sentinels
 * `redis+sentinel://[user:password@]host:port,host:port/name[/database][?sentinelPassword=…]`, of which `rediss+sentinel://` speaks TLS to
 * them and to Redis. User and password are Redis's own.
 *
 * @throws TypeError for anything else, without repeating it, as it may hold a password
 */
export function readRedisAddress(address: string): string | SentinelAddress {
  const parts = /^(rediss?)\+sentinel:\/\/(?:([^@/]*)@)?([^/?]+)\/([\w.-]+)(?:\/(\d+))?(?:\?(.*))?$/.exec(address);
  if (!parts) {
    if (/^rediss?:\/\//.test(address) && URL.canParse(address)) return address;
    throw new TypeError('REDIS_URL is redis://host:6379, or redis+sentinel://host:26379,host:26379/name');
  }
  const [, protocol, who = '', hosts, name, database, query] = parts;
  const sentinels = hosts!.split(',').map((host) => {
    const text = `redis://${host.trim()}`;
    if (!URL.canParse(text)) throw new TypeError('REDIS_URL names a sentinel that is no host:port');
    const { hostname, port } = new URL(text);
    return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 26_379) };
  });
  const [username = '', password] = who.split(':').map(decodeURIComponent);
  const sentinelPassword = new URLSearchParams(query).get('sentinelPassword');
  return {
    sentinels,
    name: name!,
    ...(username !== '' && { username }),
    ...(password !== undefined && { password }),
    ...(sentinelPassword !== null && { sentinelPassword }),
    ...(database !== undefined && { db: Number(database) }),
    ...(protocol === 'rediss' && { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }),
  };
}
