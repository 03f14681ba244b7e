import { useEffect, useEffectEvent, type RefObject } from 'react';

/** How far a finger has to go for a swipe, in pixels: more than a press that slips. */
const swipeLength = 48;

/**
 * Hears the arrow keys in an element, and swipes of one finger over the message that it is in.
 *
 * @param onTurn `1` towards the next, `-1` back
 */
export function useTurning(within: RefObject<HTMLElement | null>, onTurn: (step: 1 | -1) => void): void {
  const turn = useEffectEvent(onTurn);
  // At every render: the element stands in the message only once there is something to turn.
  useEffect(() => {
    const group = within.current;
    const row = group?.closest('article');
    if (!group || !row) return;
    const onKeyDown = (event: KeyboardEvent) => {
      const back = event.key === 'ArrowLeft';
      if ((!back && event.key !== 'ArrowRight') || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      turn(back ? -1 : 1);
    };
    let from: { x: number; y: number } | null = null;
    const onStart = ({ touches, target }: TouchEvent) => {
      const [finger] = touches;
      from = touches.length === 1 && finger && !isScrolled(target, row) ? { x: finger.clientX, y: finger.clientY } : null;
    };
    const onEnd = ({ changedTouches: [finger] }: TouchEvent) => {
      if (!from || !finger) return;
      const [x, y] = [finger.clientX - from.x, finger.clientY - from.y];
      from = null;
      // What goes up or down scrolls.
      if (Math.abs(x) < swipeLength || Math.abs(x) < 2 * Math.abs(y)) return;
      turn(x < 0 ? 1 : -1);
    };
    group.addEventListener('keydown', onKeyDown);
    row.addEventListener('touchstart', onStart, { passive: true });
    row.addEventListener('touchend', onEnd, { passive: true });
    return () => {
      group.removeEventListener('keydown', onKeyDown);
      row.removeEventListener('touchstart', onStart);
      row.removeEventListener('touchend', onEnd);
    };
  });
}

/** True in a table or a block of code that is wider than the screen: a swipe scrolls it. */
function isScrolled(target: EventTarget | null, row: Element): boolean {
  for (let element = target instanceof Element ? target : null; element && element !== row; element = element.parentElement) {
    if (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== 'visible') return true;
  }
  return false;
}
