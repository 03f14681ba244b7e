import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import type { VirtualizerHandle } from 'virtua';

/** A distance from the end that counts as being there, in pixels. */
const nearEnd = 48;
/** How long the end is not followed after a key or wheel that scrolls up, in milliseconds: until the browser has scrolled, even on a busy page. */
const scrollsWithinMs = 250;

/**
 * Keeps the end of the conversation in view while it grows, until the reader scrolls up, however little. From then on the position
 * stays, until the reader comes near the end again or calls `toEnd`. Growth is not scrolling: the end is let go only when the offset
 * becomes smaller, and not because the content became shorter.
 *
 * The offset is set here and not by the virtualizer, which scrolls again whenever rows are measured: it would also take back what the
 * reader has scrolled meanwhile.
 * @param hasNewer true if the end of the list is not the end of the room; then nothing is kept in view
 */
export function useStickToEnd(
  list: RefObject<VirtualizerHandle | null>,
  scroller: RefObject<HTMLElement | null>,
  rowCount: number,
  hasNewer: boolean,
) {
  const sticking = useRef(!hasNewer);
  /** The offset last set or seen. */
  const lastOffset = useRef(0);
  const waiting = useRef<ReturnType<typeof setTimeout> | null>(null);
  const [atEnd, setAtEnd] = useState(!hasNewer);

  const stick = useCallback((value: boolean) => {
    sticking.current = value;
    setAtEnd(value);
  }, []);
  const release = useCallback(() => stick(false), [stick]);

  const follow = useCallback(() => {
    const element = scroller.current;
    if (!element || !sticking.current || waiting.current !== null) return;
    element.scrollBy({ top: distanceToEnd(element), behavior: 'instant' });
    lastOffset.current = element.scrollTop;
  }, [scroller]);

  const endWait = useCallback(() => {
    if (waiting.current !== null) clearTimeout(waiting.current);
    waiting.current = null;
  }, []);

  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    endWait();
    stick(true);
    follow();
    // The virtualizer may still be scrolling to a message that was wanted just now. Only another scroll of its own ends that.
    const { offsetHeight: belowRows } = element.lastElementChild as HTMLElement;
    list.current?.scrollToIndex(Number.MAX_SAFE_INTEGER, { align: 'end', offset: belowRows });
  }, [list, scroller, stick, follow, endWait]);

  const onScroll = useCallback(
    (offset: number) => {
      const element = scroller.current;
      if (!element) return;
      // Measure here: when the composer has just become smaller, the list does not know its own height yet.
      const distance = distanceToEnd(element);
      if (offset < lastOffset.current - 1 && distance > 2) stick(false);
      else if (distance <= nearEnd && !hasNewer) stick(true);
      lastOffset.current = offset;
    },
    [scroller, stick, hasNewer],
  );

  useLayoutEffect(follow, [follow, rowCount]);
  // The browser scrolls some time after the key or wheel. Following growth in between would undo that scroll before anybody saw it.
  useEffect(() => {
    const element = scroller.current;
    const wait = () => {
      endWait();
      waiting.current = setTimeout(() => {
        waiting.current = null;
        follow();
      }, scrollsWithinMs);
    };
    const onWheel = (event: WheelEvent) => {
      if (event.deltaY < 0) wait();
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (scrollsUp(event)) wait();
    };
    element?.addEventListener('wheel', onWheel, { passive: true });
    element?.addEventListener('keydown', onKeyDown);
    return () => {
      element?.removeEventListener('wheel', onWheel);
      element?.removeEventListener('keydown', onKeyDown);
      endWait();
    };
  }, [scroller, follow, endWait]);

  return { atEnd, onScroll, onResize: follow, toEnd, release };
}

/**
 * In pixels, negative beyond the end. `scrollHeight` would not do: a tall row that is not measured yet reaches beyond the virtualizer's
 * element, which renders no rows for an offset out there.
 */
function distanceToEnd(scroller: HTMLElement): number {
  return scroller.lastElementChild!.getBoundingClientRect().bottom - scroller.getBoundingClientRect().bottom;
}

function scrollsUp({ target, key, shiftKey }: KeyboardEvent): boolean {
  if ((target as HTMLElement).matches('input, textarea')) return false;
  return ['Home', 'PageUp', 'ArrowUp'].includes(key) || (key === ' ' && shiftKey);
}
