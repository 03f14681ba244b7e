import { useCallback, useRef, useState } from 'react';
import { errorMessage } from '../../client/errors.js';
import type { RoomSession } from '../../client/types.js';

/** Asks for one page of older history at a time. After a failure the reader decides when to try again. */
export function useLoadOlder(session: RoomSession, hasOlder: boolean) {
  const loading = useRef(false);
  const [problem, setProblem] = useState<string | null>(null);
  const loadOlder = useCallback(() => {
    if (loading.current || !hasOlder) return;
    loading.current = true;
    setProblem(null);
    session
      .loadOlder()
      .catch((error: unknown) => setProblem(errorMessage(error)))
      .finally(() => {
        loading.current = false;
      });
  }, [session, hasOlder]);
  return { loadOlder, problem };
}
