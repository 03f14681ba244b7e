import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import type { VirtualizerHandle } from 'virtua';

/** A distance from the end that counts as being there, in pixels. */
const nearEnd = 48;
/** How long the end is not followed after a key or wheel that scrolls up, in milliseconds: until the browser has scrolled, even on a busy page. */
const scrollsWithinMs = 250;
/**
 * How long the virtualizer may still scroll after it was asked for a row, counted from its last measurement, in milliseconds: its own 150, and
 * more, so that our timer never ends first.
 */
const wayMs = 200;

/**
 * Keeps the end of the conversation in view while it grows, until the reader scrolls up, however little. From then on the position
 * stays, until the reader comes near the end again or `toEnd` is called. Growth is not scrolling: the end is let go only when the
 * offset becomes smaller, and not because the content became shorter.
 *
 * The offset is set here and not by the virtualizer, which scrolls again to the row it was asked for whenever rows are measured: it would
 * also take back what the reader has scrolled meanwhile. It is asked only for a row further up (`toRow`), and for the end only to take
 * such a way back.
 *
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
  /** Set while the browser may still scroll up for a key or wheel from before `toEnd`: until then nothing but a new one lets go of the end. */
  const holding = useRef<ReturnType<typeof setTimeout> | null>(null);
  /** Set while the virtualizer may be on its way to a row. */
  const way = useRef<ReturnType<typeof setTimeout> | null>(null);
  const [atEnd, setAtEnd] = useState(!hasNewer);

  const stick = useCallback((value: boolean) => {
    sticking.current = value;
    setAtEnd(value);
  }, []);
  const follow = useCallback(() => {
    const element = scroller.current;
    if (!element || !sticking.current || waiting.current !== null) return;
    element.scrollBy({ top: distanceToEnd(element), behavior: 'instant' });
    lastOffset.current = element.scrollTop;
  }, [scroller]);

  const toRow = useCallback(
    (index: number) => {
      stick(false);
      begin(way, wayMs);
      list.current?.scrollToIndex(index, { align: 'center' });
    },
    [list, stick],
  );

  /**
   * Where the virtualizer is on its way to a row, sends it to the last row instead: only another way ends the one before. It goes to the row
   * that is the last now, so a new row needs a new way.
   */
  const turnWayToEnd = useCallback(() => {
    const element = scroller.current;
    if (!element || !sticking.current || way.current === null) return;
    begin(way, wayMs);
    const { offsetHeight: belowRows } = element.lastElementChild as HTMLElement;
    list.current?.scrollToIndex(Number.MAX_SAFE_INTEGER, { align: 'end', offset: belowRows });
  }, [list, scroller]);

  const toEnd = useCallback(() => {
    end(waiting);
    begin(holding, scrollsWithinMs);
    stick(true);
    follow();
    turnWayToEnd();
  }, [stick, follow, turnWayToEnd]);

  const onResize = useCallback(() => {
    if (way.current !== null) begin(way, wayMs);
    follow();
  }, [follow]);

  const onScroll = useCallback(
    (offset: number) => {
      const element = scroller.current;
      if (!element) return;
      if (holding.current !== null) {
        if (offset < lastOffset.current - 1) begin(holding, scrollsWithinMs);
        return follow();
      }
      // Measure here: when the composer has just become smaller, the list does not know its own height yet.
      const distance = distanceToEnd(element);
      if (offset < lastOffset.current - 1 && distance > 2) stick(false);
      else if (distance <= nearEnd && !hasNewer) stick(true);
      lastOffset.current = offset;
    },
    [scroller, stick, follow, hasNewer],
  );

  useLayoutEffect(() => {
    follow();
    turnWayToEnd();
  }, [follow, turnWayToEnd, rowCount]);
  // The browser scrolls some time after the key or wheel. Following growth in between would undo that scroll before anybody saw it.
  useEffect(() => {
    const element = scroller.current;
    const wait = () => {
      end(holding);
      begin(waiting, scrollsWithinMs, follow);
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
      for (const timer of [waiting, holding, way]) end(timer);
    };
  }, [scroller, follow]);

  return { atEnd, onScroll, onResize, toEnd, toRow };
}

type Timer = RefObject<ReturnType<typeof setTimeout> | null>;

/** Sets a timer anew; while it runs its ref is not null. */
function begin(timer: Timer, delayMs: number, then?: () => void): void {
  end(timer);
  timer.current = setTimeout(() => {
    timer.current = null;
    then?.();
  }, delayMs);
}

function end(timer: Timer): void {
  if (timer.current !== null) clearTimeout(timer.current);
  timer.current = null;
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
