import type { ServerPart } from '@parley/contracts';
import type { ConnectionState } from '../../client/types.js';

export function connectionText({ kind, rttMs }: ConnectionState): string {
  switch (kind) {
    case 'connecting':
      return 'Connecting…';
    case 'connected':
      return rttMs === null ? 'Connected' : `Connected · ${Math.max(1, Math.round(rttMs))} ms`;
    case 'reconnecting':
      return 'Reconnecting…';
    case 'offline':
      return 'Offline';
  }
}

/** In the order in which they matter. */
const withoutPart: Record<ServerPart, string> = {
  database: 'The database is away. What you write is kept here and sent when it is back.',
  bus: 'Live updates are late: the message bus is away. Messages are stored.',
  limits: 'Sign-in and AI are paused for a moment. Messages go on.',
  presence: 'Who is online is not up to date just now. Messages go on.',
};

/** What to say above the composer: of several troubles the one that matters most; null while all is well. */
export function noticeText(kind: ConnectionState['kind'], away: readonly ServerPart[]): string | null {
  const after = 'What was missed arrives as soon as the connection is back.';
  if (kind === 'offline') return `You are offline. ${after}`;
  // Without its database a server lets nobody in: that is the reason, and the connection's absence only a consequence.
  if (away.includes('database')) return withoutPart.database;
  if (kind === 'reconnecting') return `Reconnecting… ${after}`;
  const worst = (Object.keys(withoutPart) as ServerPart[]).find((part) => away.includes(part));
  return worst ? withoutPart[worst] : null;
}
