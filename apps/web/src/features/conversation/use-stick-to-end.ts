import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import type { VirtualizerHandle } from 'virtua';

/** A distance from the end that counts as being there, in pixels. */
const nearEnd = 48;

/**
 * Keeps the end of the conversation in view while it grows, until the reader scrolls up, however little. From then on the position
 * stays, until the reader comes near the end again or calls `toEnd`. Growth is not scrolling: only a smaller offset lets go of the end,
 * and not where the content became shorter.
 * @param hasNewer true if the end of the list is not the end of the room; then nothing is kept in view
 */
export function useStickToEnd(
  list: RefObject<VirtualizerHandle | null>,
  scroller: RefObject<HTMLElement | null>,
  rowCount: number,
  hasNewer: boolean,
) {
  const sticking = useRef(!hasNewer);
  const lastOffset = useRef(0);
  const [atEnd, setAtEnd] = useState(!hasNewer);

  const stick = useCallback((value: boolean) => {
    sticking.current = value;
    setAtEnd(value);
  }, []);

  const toEnd = useCallback(() => {
    const handle = list.current;
    if (!handle) return;
    stick(true);
    handle.scrollTo(handle.scrollSize);
  }, [list, stick]);

  const follow = useCallback(() => {
    if (sticking.current) toEnd();
  }, [toEnd]);

  const onScroll = useCallback(
    (offset: number) => {
      const element = scroller.current;
      if (!element) return;
      // Measure here: when the composer has just become smaller, the list does not know its own height yet.
      const distance = element.scrollHeight - element.clientHeight - offset;
      if (offset < lastOffset.current - 1 && distance > 2) stick(false);
      else if (distance <= nearEnd && !hasNewer) stick(true);
      lastOffset.current = offset;
    },
    [scroller, stick, hasNewer],
  );

  const release = useCallback(() => stick(false), [stick]);

  useLayoutEffect(follow, [follow, rowCount]);

  return { atEnd, onScroll, onResize: follow, toEnd, release };
}
