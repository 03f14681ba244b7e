import { lookup } from 'node:dns/promises';
import { isIP, isIPv4 } from 'node:net';
import type { AllowedAddresses } from './private-addresses.js';

/** Where a webhook's address leads: the one host that is to be called, however often its name is resolved again. */
export type WebhookTarget =
  | { kind: 'found'; url: URL; address: string; family: 4 | 6 }
  /** `why` says what to change. */
  | { kind: 'refused'; why: string };

/** Finds the addresses of a host. */
export type Resolve = (hostname: string) => Promise<readonly { address: string }[]>;

const resolveByDns: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true });

/** The longest that a name may take to be resolved, in milliseconds: as long as a delivery may. */
const resolveMs = 10_000;

/**
 * Resolves the address of a webhook, once. A name that leads to several hosts is refused if one of them is private: who can answer with
 * both could mean either.
 *
 * @param text a URL
 * @param resolve finds the addresses of a name. @default the system's resolver
 */
export async function findWebhookTarget(text: string, allowed: AllowedAddresses, resolve = resolveByDns): Promise<WebhookTarget> {
  if (!URL.canParse(text)) return refused('The address is no URL.');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refused('The address must begin with https:// or http://.');
  if (url.username !== '' || url.password !== '') return refused('The address must not hold a username or a password.');
  // A URL writes an IPv6 address in brackets; it has already made usual ones of odd forms such as 0x7f.1 and 2130706433.
  const hostname = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const found = isIP(hostname) === 0 ? await resolveInTime(hostname, resolve) : [{ address: hostname }];
  const [first] = found;
  if (!first) return refused(`The host ${hostname} was not found.`);
  for (const { address } of found) {
    if (!allowed.allows(hostname, address))
      return refused(`The host ${hostname} is on a private network. Whoever runs this server may allow it by WEBHOOK_ALLOW_PRIVATE.`);
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
