import { backoffMs } from '@parley/contracts';
import { isRetryable, isUnavailable } from '@parley/db';

export interface PersistOptions {
  /** How long to keep trying, in milliseconds. */
  limitMs: number;
  /** Cuts the waiting short: the process is about to end. */
  signal?: AbortSignal | undefined;
  onError: (error: unknown) => void;
}

/**
 * Tries a write until it succeeds or waiting does not help; while the database is away, it tries again and again within the limit. A
 * fenced write may safely run twice: the second run matches nothing.
 *
 * @throws the last error, once the limit is over or if waiting does not help against it
 */
export async function persistWrite<T>(write: () => Promise<T>, { limitMs, signal, onError }: PersistOptions): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (let failures = 0; ; failures++) {
    try {
      return await write();
    } catch (error) {
      onError(error);
      const waitMs = backoffMs(failures, { firstMs: 50, maxMs: 2_000 });
      const hopeful = isUnavailable(error) || isRetryable(error) || failures < 3;
      if (!hopeful || signal?.aborted === true || performance.now() + waitMs > deadline) throw error;
      await wait(waitMs, signal);
    }
  }
}

/** Resolves after `ms`, or as soon as the signal fires. */
function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}
