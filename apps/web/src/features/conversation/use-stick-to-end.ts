import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import type { VirtualizerHandle } from 'virtua';

/** Within this many pixels of the end counts as being there. */
const nearEnd = 48;

/**
 * Keeps the end of the conversation in view while it grows, until the reader scrolls up, however little; from then on the
 * place one reads stays, and coming near the end again, or `toEnd`, goes back. Growing is no scrolling: only a smaller offset
 * lets go, and not where that is the end, which is higher up once less is shown.
 *
 * @param hasNewer the end of the list is not the end of the room, and nothing holds on to it
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
      // Measured here: when the composer below has just shrunk, the list does not know its own height yet.
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
