import { backoffMs } from '@parley/contracts';

/** An attempt that ended badly. */
export interface FailedAttempt {
  /** Whether the same attempt may succeed a little later. */
  retryable: boolean;
  /** What the other side asked to wait, in milliseconds; null when it did not say. */
  retryAfterMs: number | null;
  /** Something of it was shown. It stays: half an answer is more than none. */
  shown: boolean;
  /** Attempts before it that ended badly, in a row. */
  tries: number;
}

export interface RetryPolicy {
  /** Attempts in a row that may end badly. */
  maxTries: number;
  /** The first wait, in milliseconds; it doubles with each try. */
  firstDelayMs: number;
  /** No wait is longer, in milliseconds, whatever the other side asks for. */
  maxDelayMs: number;
}

export type RetryDecision = { kind: 'retry'; delayMs: number } | { kind: 'fail' };

/**
 * Whether an attempt is followed by another, and when: the longer of what the other side asks for and of our own backoff.
 *
 * @param random in [0, 1)
 */
export function decideRetry(failed: FailedAttempt, policy: RetryPolicy, random: number): RetryDecision {
  if (!failed.retryable || failed.shown || failed.tries + 1 >= policy.maxTries) return { kind: 'fail' };
  const ownMs = backoffMs(failed.tries, { firstMs: policy.firstDelayMs, maxMs: policy.maxDelayMs }, random);
  return { kind: 'retry', delayMs: Math.round(Math.min(policy.maxDelayMs, Math.max(failed.retryAfterMs ?? 0, ownMs))) };
}
