import type { ServerPart } from '@parley/contracts';
import { useEffect, useSyncExternalStore } from 'react';
import { useClient } from '../../client/client-context.js';
import { signInNotice } from './notice-text.js';

/** The parts that the server is without just now. */
export function useAway(): readonly ServerPart[] {
  const { server } = useClient();
  return useSyncExternalStore(
    (listener) => server.subscribe(listener),
    () => server.state,
  ).away;
}

/**
 * Why nobody can sign in at the moment. Asked when the form opens, because the server tells this by itself only to people who are signed
 * in.
 */
export function useSignInNotice(): string | null {
  const { server } = useClient();
  useEffect(() => server.check(), [server]);
  return signInNotice(useAway());
}
