import type { ServerPart } from '@parley/contracts';
import type { ConnectionState } from '../../client/types.js';

/** Where a notice stands: above a composer, on any other screen, or on the page before it has opened. */
export type NoticePlace = 'room' | 'screen' | 'opening';

const withoutDatabase: Record<NoticePlace, string> = {
  room: 'The database is away. What you write is kept here and sent when it is back.',
  screen: 'The database is away. Nothing can be loaded or changed until it is back.',
  opening: 'The database is away. Parley opens as soon as it is back.',
};

/** The part that matters most comes first. */
const withoutPart: [ServerPart, string][] = [
  ['bus', 'Live updates are late: the message bus is away. Messages are stored.'],
  ['limits', 'Sign-in and AI are paused for a moment. Messages go on.'],
  ['presence', 'Who is online is not up to date just now. Messages go on.'],
];

/**
 * What a lost connection, or a part that is away, means in this place. Of several troubles the most important one; null while all is
 * well.
 */
export function noticeText(kind: ConnectionState['kind'], away: readonly ServerPart[], place: NoticePlace): string | null {
  const after = 'What was missed arrives as soon as the connection is back.';
  if (kind === 'offline')
    return place === 'opening' ? 'You are offline. Parley opens as soon as you are connected.' : `You are offline. ${after}`;
  // A server without its database refuses every socket: the database is the cause, the missing connection only its effect.
  if (away.includes('database')) return withoutDatabase[place];
  if (place === 'opening') return null;
  if (kind === 'reconnecting') return `Reconnecting… ${after}`;
  return withoutPart.find(([part]) => away.includes(part))?.[1] ?? null;
}

/** Why nobody can sign in at the moment; null if signing in works. */
export function signInNotice(away: readonly ServerPart[]): string | null {
  if (away.includes('database')) return 'The database is away. Signing in works again when it is back.';
  if (away.includes('limits')) return 'Signing in is paused for a moment: a part of the server is away.';
  return null;
}
