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
