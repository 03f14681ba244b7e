import { decodeEntities } from '@parley/contracts/markdown';

/** Where a link may lead: to the web, to a message, or nowhere, in which case it is shown as plain text. */
export type LinkTarget = { kind: 'web'; href: string } | { kind: 'message'; messageId: string; href: string } | { kind: 'none' };

/** A message of this room or, with its room's address, of another. */
const messageAddress = /^(?:\/rooms\/[\da-f-]{36}\?at=\d{1,10})?#message-([\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12})$/i;

/** Only `http:`, `https:` and `mailto:` leave the page; `#message-<id>` and `/rooms/<room>?at=<seq>#message-<id>` stay in it. Everything else is refused. */
export function linkTarget(href: string): LinkTarget {
  const decoded = decodeEntities(href).trim();
  const messageId = messageAddress.exec(decoded)?.[1];
  if (messageId) return { kind: 'message', messageId: messageId.toLowerCase(), href: decoded };
  if (!/^(?:https?:\/\/|mailto:)/i.test(decoded)) return { kind: 'none' };
  // Check the address as the browser parses it, not as it was written.
  const url = URL.parse(decoded);
  if (!url || !['http:', 'https:', 'mailto:'].includes(url.protocol)) return { kind: 'none' };
  return { kind: 'web', href: url.href };
}
