import type { PrivateReply } from '@parley/contracts';

/**
 * Returns the version of a private reply to show: the one that has ended, else the one with the higher attempt, else the one with the
 * longer text. Events may overtake each other.
 */
export function newerPrivate(known: PrivateReply, incoming: PrivateReply): PrivateReply {
  if (known.status !== 'streaming') return known;
  // It stays the same, and an event with more of the text does not say it.
  if (known.about && !incoming.about) incoming = { ...incoming, about: known.about };
  if (incoming.status !== 'streaming' || incoming.attempt > known.attempt) return incoming;
  if (incoming.attempt < known.attempt) return known;
  const longer = incoming.content.length > known.content.length ? incoming : known;
  // An event with more of the text says nothing of tools, and one of a tool has no text.
  const { tools = known.tools } = incoming;
  return tools === longer.tools || tools === undefined ? longer : { ...longer, tools };
}

/** Adds a private reply, or replaces an older version of it, and keeps no more than the latest `max`. */
export function withPrivate(replies: PrivateReply[], reply: PrivateReply, max: number): PrivateReply[] {
  const index = replies.findIndex(({ id }) => id === reply.id);
  return index < 0 ? [...replies, reply].slice(-max) : replies.with(index, newerPrivate(replies[index]!, reply));
}
