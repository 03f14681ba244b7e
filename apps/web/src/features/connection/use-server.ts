import type { ServerPart } from '@parley/contracts';
import { useSyncExternalStore } from 'react';
import { useClient } from '../../client/client-context.js';

/** The parts that the server is without just now. */
export function useAway(): readonly ServerPart[] {
  const { server } = useClient();
  return useSyncExternalStore(
    (listener) => server.subscribe(listener),
    () => server.state,
  ).away;
}
