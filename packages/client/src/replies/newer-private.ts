import type { PrivateReply } from '@parley/contracts';

/** Of two versions of a private reply the one to show: one that has ended, else the longer text. Events may overtake each other. */
export function newerPrivate(known: PrivateReply, incoming: PrivateReply): PrivateReply {
  if (known.status !== 'streaming') return known;
  return incoming.status !== 'streaming' || incoming.content.length > known.content.length ? incoming : known;
}
