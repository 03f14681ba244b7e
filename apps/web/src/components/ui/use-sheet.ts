import { useEffect, useRef, type RefObject } from 'react';

/**
 * Makes the panel modal while `isSheet`: the rest of the page cannot be reached, the focus begins in it, and the browser's *Back* closes it;
 * that also after the window was made wide, where the panel is no sheet any more. Only closing it takes the entry of the history back, by
 * which *Back* does so: a window that changes its size is no reason to go anywhere.
 *
 * @param panel the element that is announced; its siblings, and those of its ancestors, become inert
 */
export function useSheet(panel: RefObject<HTMLElement | null>, isSheet: boolean, onClose: () => void): void {
  /** Whether it was a sheet since it was opened. */
  const entered = useRef(false);
  const open = useRef(false);
  useEffect(() => {
    const element = panel.current;
    if (!isSheet || !element) return;
    const before = document.activeElement as HTMLElement;
    const others: Element[] = [];
    for (let at: Element = element; at.parentElement && at.id !== 'root'; at = at.parentElement) {
      others.push(...[...at.parentElement.children].filter((other) => other !== at && !other.hasAttribute('inert')));
    }
    for (const other of others) other.setAttribute('inert', '');
    element.focus({ preventScroll: true });
    entered.current = true;
    // The entry leads to the same place, so the router, which listens to `history.pushState`, need not know of it.
    if (!isMarked()) History.prototype.pushState.call(history, { ...(history.state as object), sheet: true }, '');
    return () => {
      for (const other of others) other.removeAttribute('inert');
      if (document.activeElement === document.body) before.focus({ preventScroll: true });
    };
  }, [panel, isSheet]);

  useEffect(() => {
    const onPopState = () => {
      if (!entered.current || isMarked()) return;
      entered.current = false;
      onClose();
    };
    window.addEventListener('popstate', onPopState);
    open.current = true;
    return () => {
      window.removeEventListener('popstate', onPopState);
      open.current = false;
      // Closed by other means: take the entry back, unless the user is on another one by now.
      setTimeout(() => {
        if (entered.current && !open.current && isMarked()) history.back();
      });
    };
  }, [onClose]);
}

function isMarked(): boolean {
  return (history.state as { sheet?: true } | null)?.sheet === true;
}

/** Takes the mark off an entry on which the page was loaded: a sheet that was open when somebody pressed *Reload* is not open any more. */
function forgetLastLoad(): void {
  if (!isMarked()) return;
  const { sheet: _, ...state } = history.state as { sheet: true };
  History.prototype.replaceState.call(history, state, '');
}
// At once: until this file was loaded, nobody of this page has made such an entry.
forgetLastLoad();
