import { BlockList, isIP, isIPv4 } from 'node:net';

/** IPv4 ranges that no public host has: RFC 6890 and its successors, as IANA's registry of special addresses lists them. */
const privateV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/** All public IPv6 is in here (RFC 4291), but for what {@link privateV6} takes out: all else is private, mapped, translated or unused. */
const publicV6 = listOf(['2000::/3']);
/** Protocol assignments with Teredo, 6to4, which both hide an IPv4 address, and documentation. */
const privateV6 = listOf(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);
const notPublicV4 = listOf(privateV4);

/** Whether an address is of this machine, a private network, or of no single host at all. @param address an IP address */
function isPrivateAddress(address: string): boolean {
  if (isIPv4(address)) return notPublicV4.check(address, 'ipv4');
  return !publicV6.check(address, 'ipv6') || privateV6.check(address, 'ipv6');
}

/** What webhooks may call although it is private: ranges and names of hosts. */
export class AllowedAddresses {
  readonly #ranges: BlockList;
  readonly #names: ReadonlySet<string>;

  /** @param entries ranges such as `10.0.0.0/8`, single addresses, and names; in lower case */
  constructor(entries: readonly string[]) {
    const ranges = entries.filter((entry) => entry.includes('/') || isIP(entry) !== 0);
    this.#ranges = listOf(ranges);
    this.#names = new Set(entries.filter((entry) => !ranges.includes(entry)));
  }

  /** Whether anything private may be called. */
  get isAny(): boolean {
    return this.#names.size > 0 || this.#ranges.rules.length > 0;
  }

  /** Whether a host of this name may be called at this address. */
  allows(hostname: string, address: string): boolean {
    return !isPrivateAddress(address) || this.#names.has(hostname) || this.#ranges.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  }
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    list.addSubnet(address, Number(bits ?? (family === 'ipv4' ? 32 : 128)), family);
  }
  return list;
}
