import { Listeners } from './listeners.js';

/** What a browser can tell and a program cannot: whether there is a network, and whether the page is visible. */
export interface Environment {
  isOnline(): boolean;
  isHidden(): boolean;
  /** Calls `listener` when network or visibility changes. @returns a function that ends the subscription */
  onChange(listener: () => void): () => void;
  /** Runs `task` alone among the tabs of this origin, where the browser has locks. */
  exclusively<T>(name: string, task: () => Promise<T>): Promise<T>;
  close(): void;
}

/** Returns this process's environment. In a browser the page reports it; a program counts as always online and visible. */
export function detectEnvironment(): Environment {
  const listeners = new Listeners();
  const notify = () => listeners.notify();
  const page = typeof window === 'undefined' || typeof document === 'undefined' ? null : { window, document };
  page?.window.addEventListener('online', notify);
  page?.window.addEventListener('offline', notify);
  page?.document.addEventListener('visibilitychange', notify);
  return {
    isOnline: () => page?.window.navigator.onLine !== false,
    isHidden: () => page?.document.visibilityState === 'hidden',
    onChange: (listener) => listeners.add(listener),
    exclusively: (name, task) => {
      // Absent outside secure contexts.
      const locks = page?.window.navigator.locks as LockManager | undefined;
      return locks ? lockBriefly(locks, name, task) : task();
    },
    close() {
      listeners.clear();
      page?.window.removeEventListener('online', notify);
      page?.window.removeEventListener('offline', notify);
      page?.document.removeEventListener('visibilitychange', notify);
    },
  };
}

/** The longest wait for another tab, in milliseconds. The lock only saves work, so going on without it is safe. */
const lockWaitMs = 5_000;

async function lockBriefly<T>(locks: LockManager, name: string, task: () => Promise<T>): Promise<T> {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), lockWaitMs);
  let started = false;
  try {
    return await locks.request(name, { signal: waiting.signal }, () => {
      clearTimeout(timer);
      started = true;
      return task();
    });
  } catch (error) {
    if (started) throw error;
    return task();
  } finally {
    clearTimeout(timer);
  }
}
