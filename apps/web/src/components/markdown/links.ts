import { decodeEntities } from '@parley/contracts/markdown';

/** Where a link may lead: to the web, to a message of this room, or nowhere, in which case it is shown as plain text. */
export type LinkTarget = { kind: 'web'; href: string } | { kind: 'message'; messageId: string } | { kind: 'none' };

const messageFragment = /^#message-([\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12})$/i;

/** Only `http:`, `https:` and `mailto:` leave the page; `#message-<id>` stays in it. Everything else is refused. */
export function linkTarget(href: string): LinkTarget {
  const decoded = decodeEntities(href).trim();
  const messageId = messageFragment.exec(decoded)?.[1];
  if (messageId) return { kind: 'message', messageId: messageId.toLowerCase() };
  if (!/^(?:https?:\/\/|mailto:)/i.test(decoded)) return { kind: 'none' };
  // Check the address as the browser parses it, not as it was written.
  const url = URL.parse(decoded);
  if (!url || !['http:', 'https:', 'mailto:'].includes(url.protocol)) return { kind: 'none' };
  return { kind: 'web', href: url.href };
}
