import { useSyncExternalStore } from 'react';

/** How long a page that nobody touches may go on with yesterday's date, in milliseconds. */
const lookEveryMs = 15_000;

/**
 * When the reader's day began, in milliseconds. It changes at midnight, and where the reader's time zone does. The clock is looked at again
 * and again: a timer that is set for midnight would be late by as long as the machine sleeps, and wrong in another zone.
 */
export function useToday(): number {
  return useSyncExternalStore(subscribe, startOfToday);
}

function subscribe(listener: () => void): () => void {
  const timer = setInterval(listener, lookEveryMs);
  // A page in the background may be given no time for its timers.
  document.addEventListener('visibilitychange', listener);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', listener);
  };
}

function startOfToday(): number {
  return new Date().setHours(0, 0, 0, 0);
}
