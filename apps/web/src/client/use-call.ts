import { useState } from 'react';
import { errorMessage } from './errors.js';

/** Makes one call at a time and keeps what a form or a button shows of it. */
export function useCall() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  return {
    busy,
    /** Why the last call failed; null once another one is made. */
    problem,
    setProblem,
    /** @returns true if the call succeeded */
    async call(make: () => Promise<unknown>): Promise<boolean> {
      setBusy(true);
      setProblem(null);
      try {
        await make();
        return true;
      } catch (error) {
        setProblem(errorMessage(error));
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
