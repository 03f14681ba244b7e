import type { ConnectionState } from '../../client/types.js';

export function connectionText({ kind }: Pick<ConnectionState, 'kind'>): string {
  switch (kind) {
    case 'connecting':
      return 'Connecting…';
    case 'connected':
      return 'Connected';
    case 'reconnecting':
      return 'Reconnecting…';
    case 'offline':
      return 'Offline';
  }
}

/** How long the server takes to answer; empty where that is not known. */
export function delayText({ kind, rttMs }: ConnectionState): string {
  return kind === 'connected' && rttMs !== null ? ` · ${Math.max(1, Math.round(rttMs))} ms` : '';
}
