import { useEffect, useRef, type RefObject } from 'react';

/** Whether the component is still there: for what goes on once a call, which may be slow, is answered. */
export function useIsOpen(): Readonly<RefObject<boolean>> {
  const open = useRef(true);
  useEffect(() => {
    open.current = true;
    return () => {
      open.current = false;
    };
  }, []);
  return open;
}
