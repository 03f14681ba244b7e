import { useEffect, useRef, type RefObject } from 'react';

/** Whether the component is still mounted: for code that goes on after a slow call. */
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
