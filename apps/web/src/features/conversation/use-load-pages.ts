import { useCallback, useRef, useState } from 'react';
import { errorMessage } from '../../client/errors.js';
import type { RoomSession } from '../../client/types.js';

/** Requests one page of history at a time, older or newer. After an older page has failed the reader decides when to try again. */
export function useLoadPages(session: RoomSession, { hasOlder, hasNewer }: { hasOlder: boolean; hasNewer: boolean }) {
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
  const loadNewer = useCallback(() => {
    // The next scroll asks again, and *Latest messages* works in any case.
    if (hasNewer) session.loadNewer().catch(() => undefined);
  }, [session, hasNewer]);
  return { loadOlder, loadNewer, problem };
}
