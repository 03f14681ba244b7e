import { useEffect, type RefObject } from 'react';

/** What in a message has the focus while up and down move on all the same: nothing that uses these keys itself, as fields and menus do. */
const movable = '[role=log], article, article a, article button:not([aria-haspopup])';

/**
 * In the log, up and down move from message to message, also from a link or a button in one, and Tab reaches the actions of one. End goes to the latest messages: the
 * browser's own End would go to where the end was before the rows on the way were measured.
 */
export function useRowKeys(log: RefObject<HTMLElement | null>, toLatest: () => void): void {
  useEffect(() => {
    const element = log.current;
    const onKeyDown = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (!target.matches(movable)) return;
      if (event.key !== 'End') return moveBetweenRows(event);
      if (!target.matches('[role=log], article')) return;
      event.preventDefault();
      toLatest();
    };
    element?.addEventListener('keydown', onKeyDown);
    return () => element?.removeEventListener('keydown', onKeyDown);
  }, [log, toLatest]);
}

function moveBetweenRows(event: KeyboardEvent): void {
  const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
  if (step === 0 || event.altKey || event.ctrlKey || event.metaKey) return;
  const rows = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('article[tabindex]')];
  const from = rows.findIndex((row) => row.contains(event.target as HTMLElement));
  const next = from < 0 ? rows.at(-1) : rows[from + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
