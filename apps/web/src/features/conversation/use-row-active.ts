import { useRef, useState, type FocusEvent, type MouseEvent, type PointerEvent } from 'react';

const controls = 'a, button, input, textarea, [role^=menu], [role=dialog]';

/**
 * Whether a row shows its actions: under the mouse, with the keyboard's focus in it, after a tap (or a long press) where
 * there is no mouse, and while `hold` keeps them for a menu that is open.
 */
export function useRowActive() {
  const [hovered, setHovered] = useState(false);
  const [focused, setFocused] = useState(false);
  const [held, setHeld] = useState(false);
  const touched = useRef(false);

  const take = (event: MouseEvent<HTMLElement>) => {
    if (!touched.current || (event.target as Element).closest(controls)) return;
    // Focus the row, so that touching anything else hides the actions again.
    event.currentTarget.focus({ preventScroll: true });
    setFocused(event.type === 'contextmenu' || !focused);
  };

  return {
    active: hovered || focused || held,
    hold: setHeld,
    rowProps: {
      tabIndex: -1,
      // Not `onPointerEnter`: React does not tell a row of it that took the place of another under a mouse that rests, as a sent message
      // takes the place of the one that waited.
      onPointerMove: (event: PointerEvent) => setHovered(event.pointerType !== 'touch'),
      onPointerLeave: () => setHovered(false),
      onPointerDown: (event: PointerEvent) => {
        touched.current = event.pointerType === 'touch';
      },
      onClick: take,
      onContextMenu: take,
      onFocus: (event: FocusEvent<HTMLElement>) => event.target.matches(':focus-visible') && setFocused(true),
      onBlur: (event: FocusEvent<HTMLElement>) => !event.currentTarget.contains(event.relatedTarget) && setFocused(false),
    },
  };
}
