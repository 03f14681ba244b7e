import { isIP, isIPv6 } from 'node:net';

/**
 * The key by which limits count an address. Whoever holds one IPv6 address holds its whole /64 (RFC 6177), so a /64 counts as one. An
 * IPv4 address gets the same key in its IPv6 form, and with whatever port a proxy put behind it.
 */
export function addressKey(address: string): string {
  const bare = isIP(address) ? address : address.replace(/^\[(.*)\](?::\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1');
  const [plain = ''] = bare.split('%');
  if (!isIPv6(plain)) return bare;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped) return mapped;
  const [left = [], right] = plain.split('::').map((half) => (half === '' ? [] : half.split(':')));
  // An IPv4 address at the end stands for two groups.
  const known = left.length + (right?.length ?? 0) + (plain.includes('.') ? 1 : 0);
  const groups = right ? [...left, ...Array<string>(8 - known).fill('0'), ...right] : left;
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/**
 * The network of an address, by its key: a /48 of IPv6, the most that one site is given (RFC 6177), so that whoever has many /64s counts
 * as one. Of an IPv4 address it is the address itself, behind which a whole office may be.
 */
export function networkOf(key: string): string {
  const [, site] = /^((?:[\da-f]+:){3})[\da-f]+::\/64$/.exec(key) ?? [];
  return site === undefined ? key : `${site}:/48`;
}
