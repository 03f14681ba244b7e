import type { PrivateReply } from '@parley/contracts';

/** The private answers of one room, in order: those that came while it was open, and those the inbox kept. */
export function mergePrivate(
  live: readonly PrivateReply[],
  kept: readonly PrivateReply[],
  { roomId, since }: { roomId: string; since: string | undefined },
): PrivateReply[] {
  const known = new Set(live.map(({ id }) => id));
  return [...live, ...kept.filter((reply) => reply.roomId === roomId && !known.has(reply.id))]
    .filter(({ createdAt }) => since === undefined || createdAt >= since)
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}
