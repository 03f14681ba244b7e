import type { RoomsLeftOut } from '@parley/contracts';
import { maxCountedUnread } from '../memory/load-unread.js';

/**
 * What a catch-up says, at once, where there is nothing to read, or nothing that a model may.
 *
 * @param hidden how many unread messages are hidden from AI, up to {@link maxCountedUnread} of a room
 */
export function nothingUnread(leftOut: RoomsLeftOut, hidden: number): string {
  const others = rooms(leftOut);
  if (hidden > 0) {
    const many = hidden >= maxCountedUnread ? `${maxCountedUnread} or more messages` : counted(hidden, 'message');
    const known = `${many} that you have not read ${hidden === 1 ? 'is' : 'are'} hidden from AI, so a catch-up tells nothing of ${hidden === 1 ? 'it' : 'them'}.`;
    return others === null ? known : `${known} It leaves out what is in ${others} too.`;
  }
  return others === null ? 'You have read everything.' : `You have read everything, but for what is in ${others}.`;
}

/**
 * The line behind a catch-up that says what is not in it; null where it has everything.
 *
 * @param older how many messages of the rooms that it is of had no place
 */
export function whatIsMissing(leftOut: RoomsLeftOut, older: number): string | null {
  const others = rooms(leftOut);
  const parts = [...(older > 0 ? [`${counted(older, 'older message')} of these rooms`] : []), ...(others === null ? [] : [others])];
  return parts.length === 0 ? null : `*Not in it: ${parts.join('; ')}.*`;
}

function rooms({ muted, paused, more }: RoomsLeftOut): string | null {
  const parts = [
    ...(more > 0 ? [`${counted(more, 'more room')}`] : []),
    ...(muted > 0 ? [`${counted(muted, 'room')} that you muted`] : []),
    ...(paused > 0 ? [`${counted(paused, 'room')} whose AI is paused`] : []),
  ];
  if (parts.length === 0) return null;
  return parts.length === 1 ? parts[0]! : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)!}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
