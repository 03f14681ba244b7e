import { useEffect, type RefObject } from 'react';

/** In the log, up and down go from message to message; within one, Tab reaches its actions. */
export function useRowKeys(log: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = log.current;
    element?.addEventListener('keydown', moveBetweenRows);
    return () => element?.removeEventListener('keydown', moveBetweenRows);
  }, [log]);
}

function moveBetweenRows(event: KeyboardEvent): void {
  const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
  const target = event.target as HTMLElement;
  if (step === 0 || event.altKey || event.ctrlKey || event.metaKey || !target.matches('[role=log], article')) return;
  const rows = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('article[tabindex]')];
  const from = rows.indexOf(target);
  const next = from < 0 ? rows.at(-1) : rows[from + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
