export interface BackoffRange {
  /** The wait after the first failure, in milliseconds. */
  firstMs: number;
  /** The longest wait, in milliseconds. */
  maxMs: number;
  /** A wait is a random part of the full wait, and at least this part of it, in [0, 1]. @default 0.5 */
  least?: number;
}

/**
 * How long to wait after a failure, in milliseconds. The wait doubles with each failure in a row. A part of it is random, so that
 * processes that lost a server together do not come back together ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 *
 * @param failures in a row before this one
 * @param random in [0, 1)
 */
export function backoffMs(failures: number, { firstMs, maxMs, least = 0.5 }: BackoffRange, random = Math.random()): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(failures, 30)) * (least + random * (1 - least));
}
