import dns from 'node:dns/promises';
import { isIP, isIPv4 } from 'node:net';
import type { AllowedAddresses } from './private-addresses.js';

/** Where a webhook's address leads: the one host that is to be called, however often its name is resolved again. */
export type WebhookTarget =
  | { kind: 'found'; url: URL; address: string; family: 4 | 6 }
  /** `why` says what to change. */
  | { kind: 'refused'; why: string };

/** Finds the addresses of a host. */
export type Resolve = (hostname: string) => Promise<readonly { address: string }[]>;

/** The longest that a name may take to be resolved, in milliseconds: as long as a delivery may. */
const resolveMs = 10_000;
/** How long a nameserver is waited for, in milliseconds; once more, with a longer wait, if it is silent. */
const nameserverMs = 2_000;

/**
 * Asks the nameservers. The system's resolver takes a thread for each name, of four that hash passwords and read files too: whoever has a
 * silent nameserver would hold them all.
 */
async function resolveByDns(hostname: string): Promise<{ address: string }[]> {
  const resolver = new dns.Resolver({ timeout: nameserverMs, tries: 2 });
  resolver.setServers(dns.getServers());
  const found = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  return found.flatMap((each) => (each.status === 'fulfilled' ? each.value.map((address) => ({ address })) : []));
}

let lastBySystem: Promise<unknown> = Promise.resolve();

/** Asks the system, which knows this machine's file of hosts too: one name at a time, so that it holds one thread at most. */
function resolveBySystem(hostname: string): Promise<readonly { address: string }[]> {
  const found = lastBySystem.then(() => dns.lookup(hostname, { all: true, verbatim: true }));
  lastBySystem = found.catch(() => {});
  return found;
}

/** Names without a dot are this network's. Other names may be in the file of hosts too, if an operator allows any private address. */
function resolverFor(allowed: AllowedAddresses): Resolve {
  return async (hostname) => {
    if (!hostname.includes('.')) return resolveBySystem(hostname);
    const found = await resolveByDns(hostname);
    return found.length === 0 && allowed.isAny ? resolveBySystem(hostname) : found;
  };
}

/**
 * Resolves the address of a webhook, once. A name that leads to several hosts is refused if one of them is private: who can answer with
 * both could mean either.
 *
 * @param text a URL
 * @param resolve finds the addresses of a name. @default the nameservers, or the system for names of this network
 */
export async function findWebhookTarget(text: string, allowed: AllowedAddresses, resolve = resolverFor(allowed)): Promise<WebhookTarget> {
  if (!URL.canParse(text)) return refused('The address is no URL.');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refused('The address must begin with https:// or http://.');
  if (url.username !== '' || url.password !== '') return refused('The address must not hold a username or a password.');
  // A URL writes an IPv6 address in brackets; it has already made usual ones of odd forms such as 0x7f.1 and 2130706433.
  const hostname = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const named = isIP(hostname) === 0;
  const found = named ? await resolveInTime(hostname, resolve) : [{ address: hostname }];
  const [first] = found;
  if (!first || found.some(({ address }) => !allowed.allows(hostname, address))) {
    // Of a name one sentence for both: who asks must not learn which names this network has.
    const why = named ? 'was not found, or is on a private network' : 'is on a private network';
    return refused(`The host ${hostname} ${why}. Whoever runs this server may allow it by WEBHOOK_ALLOW_PRIVATE.`);
  }
  return { kind: 'found', url, address: first.address, family: isIPv4(first.address) ? 4 : 6 };
}

async function resolveInTime(hostname: string, resolve: Resolve): Promise<readonly { address: string }[]> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<[]>((done) => {
    timer = setTimeout(() => done([]), resolveMs);
  });
  try {
    return await Promise.race([resolve(hostname), timeUp]);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}

function refused(why: string): WebhookTarget {
  return { kind: 'refused', why };
}
