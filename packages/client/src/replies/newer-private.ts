import type { PrivateReply } from '@parley/contracts';

/**
 * Of two versions of a private reply the one to show: one that has ended, else the higher attempt, else the longer text. Events may
 * overtake each other.
 */
export function newerPrivate(known: PrivateReply, incoming: PrivateReply): PrivateReply {
  if (known.status !== 'streaming') return known;
  if (incoming.status !== 'streaming' || incoming.attempt > known.attempt) return incoming;
  return incoming.attempt === known.attempt && incoming.content.length > known.content.length ? incoming : known;
}

/** The replies with this one, new or newer, and no more than the latest `max`. */
export function withPrivate(replies: PrivateReply[], reply: PrivateReply, max: number): PrivateReply[] {
  const index = replies.findIndex(({ id }) => id === reply.id);
  return index < 0 ? [...replies, reply].slice(-max) : replies.with(index, newerPrivate(replies[index]!, reply));
}
