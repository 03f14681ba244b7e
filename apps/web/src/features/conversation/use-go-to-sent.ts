import { useLayoutEffect, useRef } from 'react';
import type { PendingMessage } from '../../client/types.js';

/** Goes to the end with each message that the user sends, because it appears there. One that leaves the list, or fails, moves nothing. */
export function useGoToSent(pending: readonly PendingMessage[], toEnd: () => void): void {
  const known = useRef(pending);
  useLayoutEffect(() => {
    const last = pending.at(-1);
    if (last && !known.current.some(({ clientId }) => clientId === last.clientId)) toEnd();
    known.current = pending;
  }, [pending, toEnd]);
}
