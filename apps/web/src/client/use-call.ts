import { useState } from 'react';
import { errorField, errorMessage } from './errors.js';

/** Makes one call at a time and keeps what a form or a button shows of it. */
export function useCall() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [field, setField] = useState<string | null>(null);
  return {
    busy,
    /** Why the last call failed; null once another one is made. */
    problem,
    /** The input field that {@link problem} is about; null if it is about none. */
    field,
    setProblem,
    /** @returns true if the call succeeded */
    async call(make: () => Promise<unknown>): Promise<boolean> {
      setBusy(true);
      setProblem(null);
      setField(null);
      try {
        await make();
        return true;
      } catch (error) {
        setProblem(errorMessage(error));
        setField(errorField(error));
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
