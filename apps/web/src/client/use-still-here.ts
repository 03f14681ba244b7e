import { useRouter } from '@tanstack/react-router';
import { useCallback } from 'react';
import { useIsOpen } from './use-is-open.js';

/**
 * For what leads somewhere once a call is answered: an answer may be slow, and nobody is called away from where they went
 * meanwhile, nor by what they closed.
 *
 * @returns to be called when the call is made; what it returns tells whether one is still there
 */
export function useStillHere(): () => () => boolean {
  const { history } = useRouter();
  const open = useIsOpen();
  return useCallback(() => {
    const from = history.location;
    return () => open.current && history.location === from;
  }, [history, open]);
}
