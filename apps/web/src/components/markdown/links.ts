import { decodeEntities } from '@parley/contracts/markdown';

/**
 * Where a link may lead: to the web, to a message, or nowhere, in which case it is shown as plain text. `place` is the host, or the address
 * of mail.
 */
export type LinkTarget =
  | { kind: 'web'; href: string; place: string }
  | { kind: 'message'; messageId: string; href: string }
  | { kind: 'none' };

/** A message of this room or, with its room's address, of another. */
const messageAddress = /^(?:\/rooms\/[\da-f-]{36}\?at=\d{1,10})?#message-([\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12})$/i;

const leavesPage = /^(?:https?:\/\/|mailto:)/i;

const placeOf = (url: URL): string => url.host || url.pathname;

/** Only `http:`, `https:` and `mailto:` leave the page; `#message-<id>` and `/rooms/<room>?at=<seq>#message-<id>` stay in it. Everything else is refused. */
export function linkTarget(href: string): LinkTarget {
  const decoded = decodeEntities(href).trim();
  const messageId = messageAddress.exec(decoded)?.[1];
  if (messageId) return { kind: 'message', messageId: messageId.toLowerCase(), href: decoded };
  // A text that begins so is of that protocol however a browser reads the rest.
  const url = leavesPage.test(decoded) ? URL.parse(decoded) : null;
  return url ? { kind: 'web', href: url.href, place: placeOf(url) } : { kind: 'none' };
}

/** True if the text of a link is an address at the place to which the link leads: then everybody sees where that is. */
export function namesPlace(text: string, place: string): boolean {
  if (text === place) return true;
  const url = URL.parse(leavesPage.test(text) ? text : `https://${text}`);
  // What stands before `@` in an address looks like its host, and letters of other scripts look like those of a host.
  return !!url && !url.username && !place.includes('xn--') && placeOf(url) === place;
}
