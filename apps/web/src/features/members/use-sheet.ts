import { useEffect, useRef, type RefObject } from 'react';

/**
 * Makes the panel modal while `isSheet`: the rest of the page cannot be reached, the focus begins in it, and the browser's *Back* closes it.
 *
 * @param panel the element that is announced; its siblings, and those of its ancestors, become inert
 */
export function useSheet(panel: RefObject<HTMLElement | null>, isSheet: boolean, onClose: () => void): void {
  const open = useRef(false);
  useEffect(() => {
    const element = panel.current;
    if (!isSheet || !element) return;
    open.current = true;
    const before = document.activeElement as HTMLElement;
    const others: Element[] = [];
    for (let at: Element = element; at.parentElement && at.id !== 'root'; at = at.parentElement) {
      others.push(...[...at.parentElement.children].filter((other) => other !== at && !other.hasAttribute('inert')));
    }
    for (const other of others) other.setAttribute('inert', '');
    element.focus({ preventScroll: true });

    // The entry leads to the same place, so the router, which listens to `history.pushState`, need not know of it.
    if (!isMarked()) History.prototype.pushState.call(history, { ...(history.state as object), sheet: true }, '');
    const onPopState = () => {
      if (!isMarked()) onClose();
    };
    window.addEventListener('popstate', onPopState);
    return () => {
      open.current = false;
      for (const other of others) other.removeAttribute('inert');
      if (document.activeElement === document.body) before.focus({ preventScroll: true });
      window.removeEventListener('popstate', onPopState);
      // Closed by other means: take the entry back, unless the user is on another one by now.
      setTimeout(() => {
        if (!open.current && isMarked()) history.back();
      });
    };
  }, [panel, isSheet, onClose]);
}

function isMarked(): boolean {
  return (history.state as { sheet?: true } | null)?.sheet === true;
}
