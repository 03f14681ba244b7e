import { useRouter } from '@tanstack/react-router';
import { useCallback } from 'react';
import { useIsOpen } from './use-is-open.js';

/**
 * For navigation after a slow call: the answer must not take people away from where they went meanwhile, nor act for a dialog they
 * closed.
 * @returns a function to call when the call is made; it returns another, which tells whether the user is still in the same place
 */
export function useStillHere(): () => () => boolean {
  const { history } = useRouter();
  const open = useIsOpen();
  return useCallback(() => {
    const from = history.location;
    return () => open.current && history.location === from;
  }, [history, open]);
}
